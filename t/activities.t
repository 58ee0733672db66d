# Activities: planned, changed, completed, cancelled; who may; what their
# records know of them.

use utf8;
use POSIX ();
use Time::HiRes ();
use CRM::Test;
use CRM::Util qw(ids kind_of pick $INSTANT);

my $crm  = CRM::Test->tenant(timezone => 'Asia/Tehran');
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my $omid = $crm->user(name => 'Omid', role => 'salesperson');
my $me   = $crm->id;

# today, or so many days from it, where somebody is

sub day {
    my ($days, $zone) = @_;

    local $ENV{TZ} = $zone // 'Asia/Tehran';
    POSIX::tzset();

    my @t   = localtime;
    my $day = POSIX::strftime('%Y-%m-%d', 0, 0, 12, $t[3] + $days, $t[4],
                              $t[5]);

    delete local $ENV{TZ};
    POSIX::tzset();

    return $day;
}


sub lead {
    my (%fields) = @_;

    return $crm->post('/leads', { name => 'Lead', %fields })->json->{id};
}


sub planned {
    my ($lead, %fields) = @_;

    my $res = $crm->post("/leads/$lead/activities", { type_id => 4, %fields });

    $crm->status_ok($res, 201);

    return $res->json;
}


sub listed {
    my ($query, $who) = @_;

    return ids(($who // $crm)->get("/activities?$query"));
}


sub type {
    my (%fields) = @_;

    my $res = $crm->post('/activity-types', { name => 'Type', %fields });

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


# ---- creation ------------------------------------------------------------

my $lead = lead(name => 'Bahar');
my $res  = $crm->post("/leads/$lead/activities", { type_id => 4 });

$crm->status_ok($res, 201);

my $act = $res->json;

is_deeply(pick($act, qw(version lead_id contact_id type_id summary note
                        user_id due_date start_at end_at state done_at
                        done_by feedback created_by updated_by)),
          { version => 1, lead_id => $lead, contact_id => undef,
            type_id => 4, summary => undef, note => undef, user_id => $me,
            due_date => day(0), start_at => undef, end_at => undef,
            state => 'today', done_at => undef, done_by => undef,
            feedback => undef, created_by => $me, updated_by => $me },
          'a new activity');
like($act->{$_}, $INSTANT, $_) for qw(created_at updated_at);
like($res->header('Location'), qr{/activities/$act->{id}$}, 'Location');
is_deeply($crm->get("/activities/$act->{id}")->json, $act, 'read');

is_deeply(pick($crm->get("/leads/$lead")->json,
               qw(version activity_state next_activity)),
          { version => 1, activity_state => 'today',
            next_activity => { id => $act->{id}, type_id => 4,
                               due_date => day(0), user_id => $me } },
          'the lead knows it, in the same version');

my $rich = type(default_summary => 'Ring', default_note => "a\nb",
                default_user_id => $sara->id, delay_count => 2,
                delay_unit => 'weeks');

is_deeply(pick(planned($lead, type_id => $rich),
               qw(summary note user_id due_date state)),
          { summary => 'Ring', note => "a\nb", user_id => $sara->id,
            due_date => day(14), state => 'planned' },
          'what the type says');
is_deeply(pick(planned($lead, type_id => $rich, summary => 'S', note => 'N',
                    user_id => undef, due_date => '2020-02-29'),
               qw(summary note user_id due_date state)),
          { summary => 'S', note => 'N', user_id => undef,
            due_date => '2020-02-29', state => 'overdue' },
          'what is given');

$crm->problem_ok($crm->post("/leads/$lead/activities", $_->[0]), 422,
                 'validation', $_->[1], $_->[2])
    for [ {}, [[ 'type_id', 'required' ]], 'no type' ],
        [ { type_id => 999 }, [[ 'type_id', 'not_found' ]], 'no such type' ],
        [ { type_id => 4, user_id => 999 }, [[ 'user_id', 'not_found' ]],
          'no such user' ],
        [ { type_id => 4, due_date => '2026-02-30' },
          [[ 'due_date', 'invalid' ]], 'no such day' ],
        [ { type_id => 4, state => 'done' }, [[ 'state', 'read_only' ]],
          'read only' ],
        [ { type_id => 4, contact_id => 1 }, [[ 'contact_id', 'invalid' ]],
          'two records' ],
        [ { type_id => 4, lead_id => $lead + 1 }, [[ 'lead_id', 'invalid' ]],
          'another lead' ],
        [ { type_id => 4, owner => 1 }, [[ 'owner', 'unknown_field' ]],
          'unknown field' ],
        [ { type_id => 4, summary => 'x' x 201 },
          [[ 'summary', 'too_long' ]], 'too long' ];

$crm->problem_ok($crm->post('/leads/999/activities', { type_id => 4 }), 404,
                 'not_found', undef, 'no such lead');
$crm->problem_ok($crm->post('/contacts/999/activities', { type_id => 4 }),
                 404, 'not_found', undef, 'no such contact');
$crm->problem_ok($crm->post('/activities', { type_id => 4 }), 422,
                 'validation', [[ 'lead_id', 'required' ]], 'no record');
$crm->problem_ok($crm->post('/activities', { type_id => 4, lead_id => 999 }),
                 422, 'validation', [[ 'lead_id', 'not_found' ]],
                 'a record that is not there');
$crm->problem_ok($crm->post('/activities', {
    lead_id => 999, type_id => 999, due_date => 'soon', nope => 1 }), 422,
    'validation', [[ 'lead_id', 'not_found' ], [ 'type_id', 'not_found' ],
                   [ 'due_date', 'invalid' ], [ 'nope', 'unknown_field' ]],
    'all faults at once, the lead among them');
$crm->problem_ok($crm->post('/activities', { contact_id => 999,
                                             type_id => 999 }), 422,
                 'validation', [[ 'contact_id', 'not_found' ],
                                [ 'type_id', 'not_found' ]], '... a contact');

$res = $crm->post('/activities', { type_id => 4, lead_id => $lead });
$crm->status_ok($res, 201);
is($res->json->{lead_id}, $lead, 'on the lead that the body names');


# ---- meetings ------------------------------------------------------------

my $meeting = planned($lead, type_id => 3, start_at => '2030-11-30T21:00:00Z',
                   end_at => '2030-11-30T22:00:00Z');

is($meeting->{due_date}, '2030-12-01', "the day of the start in Tehran");

my $at = "/activities/$meeting->{id}";

is_deeply(pick($crm->patch($at, { due_date => '2030-12-05' })->json,
               qw(due_date start_at end_at version)),
          { due_date => '2030-12-05', version => 2,
            start_at => '2030-12-04T21:00:00.000Z',
            end_at => '2030-12-04T22:00:00.000Z' },
          'moved by whole days');
is($crm->patch($at, { start_at => '2030-12-04T20:00:00Z' })->json->{due_date},
   '2030-12-04', 'the day follows the start');

$crm->problem_ok($crm->patch($at, $_->[0]), 422, 'validation', $_->[1],
                 $_->[2])
    for [ { end_at => '2030-12-04T20:00:00Z' }, [[ 'end_at', 'invalid' ]],
          'ends as it starts' ],
        [ { end_at => '2031-01-04T20:00:00.001Z' }, [[ 'end_at', 'invalid' ]],
          'longer than 31 days' ],
        [ { end_at => undef }, [[ 'end_at', 'required' ]], 'no end' ],
        [ { start_at => undef }, [[ 'start_at', 'required' ]], 'no start' ];

$crm->problem_ok($crm->patch($at, $_->[0]), 422, 'validation',
                 [[ $_->[1], 'invalid' ]], "no $_->[1] at the end of time")
    for [ { start_at => '9999-12-31T20:00:00Z',
            end_at => '9999-12-31T21:00:00Z' }, 'start_at' ],
        [ { start_at => '0001-01-01T00:00:00Z',
            end_at => '0001-01-02T00:00:00Z' }, 'start_at' ],
        [ { due_date => '0001-01-01' }, 'due_date' ],
        [ { due_date => '9999-12-31' }, 'due_date' ];

$crm->status_ok($crm->patch($at, { end_at => '2031-01-04T20:00:00Z' }), 200);
is_deeply(pick($crm->patch($at, { start_at => undef,
                                  end_at => undef })->json,
               qw(start_at end_at due_date)),
          { start_at => undef, end_at => undef, due_date => '2030-12-04' },
          'all day');

$crm->problem_ok($crm->post("/leads/$lead/activities",
                            { type_id => 1,
                              start_at => '2030-12-04T20:00:00Z',
                              end_at => '2030-12-04T21:00:00Z' }), 422,
                 'validation', [[ 'start_at', 'invalid' ]],
                 'only meetings have a start');


# ---- patch ---------------------------------------------------------------

$at  = "/activities/$act->{id}";
$res = $crm->patch($at, { summary => ' Ask ', due_date => day(3) });

$crm->status_ok($res, 200);
is_deeply(pick($res->json, qw(version summary due_date state)),
          { version => 2, summary => 'Ask', due_date => day(3),
            state => 'planned' }, 'changed');
is($crm->patch($at, { summary => 'Ask', state => 'planned' })
       ->json->{version}, 2, 'nothing differs');
$crm->problem_ok($crm->patch($at, { state => 'done' }), 422, 'validation',
                 [[ 'state', 'read_only' ]], 'the state is read only');
$crm->problem_ok($crm->patch($at, { lead_id => $lead + 1 }), 422,
                 'validation', [[ 'lead_id', 'read_only' ]],
                 'it stays on its record');
$crm->problem_ok($crm->patch($at, { due_date => undef }), 422, 'validation',
                 [[ 'due_date', 'required' ]], 'a day is needed');
$crm->problem_ok($crm->patch($at, { type_id => undef }), 422, 'validation',
                 [[ 'type_id', 'required' ]], 'a type is needed');
$crm->problem_ok($crm->patch($at, { summary => 'x' },
                             headers => { 'If-Match' => '"1"' }), 412,
                 'precondition_failed', undef, 'an old version');
$crm->problem_ok($crm->patch('/activities/999', {}), 404, 'not_found', undef,
                 'no such activity');


# ---- done ----------------------------------------------------------------

my $second = lead(name => 'Chain');
my $next   = type(name => 'Next', delay_count => 1, delay_unit => 'months',
                  delay_from => 'deadline', default_summary => 'Again');
my $soon   = type(name => 'Soon', delay_count => 3,
                  default_user_id => $omid->id);
my $asks   = type(name => 'Asks', chaining => 'suggest',
                  next_type_ids => [ $next, $soon ]);
my $starts = type(name => 'Starts', chaining => 'trigger',
                  next_type_id => $next);

my $done = planned($second, type_id => $asks, due_date => '2026-01-31',
                summary => 'Price', user_id => $sara->id);

$res = $crm->post("/activities/$done->{id}/done", { feedback => "All\nwell" });
$crm->status_ok($res, 200);

is_deeply(pick($res->json->{activity},
               qw(id version state feedback done_by user_id)),
          { id => $done->{id}, version => 2, state => 'done',
            feedback => "All\nwell", done_by => $me, user_id => $sara->id },
          'done');
like($res->json->{activity}{done_at}, $INSTANT, 'done_at');
is_deeply($res->json->{suggested_next},
          [ { type_id => $next, name => 'Next', due_date => '2026-02-28',
              summary => 'Again', user_id => $me },
            { type_id => $soon, name => 'Soon', due_date => day(3),
              summary => undef, user_id => $omid->id } ], 'proposals');
is($res->json->{next}, undef, 'nothing is triggered');

$crm->status_ok($crm->patch("/activity-types/$next", { active => \0 }), 200);

my $gone = planned(lead(), type_id => $asks);

is_deeply([ map { $_->{type_id} }
            @{ $crm->post("/activities/$gone->{id}/done")->json
                   ->{suggested_next} } ], [ $soon ],
          'an archived type is not proposed');
$crm->status_ok($crm->patch("/activity-types/$next", { active => \1 }), 200);

is_deeply(pick($crm->get("/leads/$second/messages")->json->{data}[0],
               qw(kind body subject author_id changes)),
          { kind => 'activity', body => "All\nwell",
            subject => 'Asks: Price', author_id => $me,
            changes => [ { field => 'type_id', old => undef, new => $asks },
                         { field => 'summary', old => undef,
                           new => 'Price' },
                         { field => 'user_id', old => undef,
                           new => $sara->id } ] }, 'one message');
is($crm->get("/leads/$second")->json->{activity_state}, undef,
   'nothing is due');

$crm->problem_ok($crm->post("/activities/$done->{id}/done", {}), 409,
                 'already_done', undef, 'twice');
$crm->problem_ok($crm->post("/activities/$done->{id}/cancel"), 409,
                 'already_done', undef, 'cancelled when done');
$crm->problem_ok($crm->patch("/activities/$done->{id}", { note => 'x' }),
                 409, 'already_done', undef, 'changed when done');
$crm->problem_ok($crm->post("/activities/$done->{id}/done", { body => 'x' }),
                 422, 'validation', [[ 'body', 'unknown_field' ]],
                 'an unknown field');

$done = planned($second, type_id => $starts, due_date => '2028-01-31');
$res  = $crm->post("/activities/$done->{id}/done");
$crm->status_ok($res, 200);

is_deeply(pick($res->json->{next}, qw(lead_id type_id due_date summary state
                                      user_id version)),
          { lead_id => $second, type_id => $next, due_date => '2028-02-29',
            summary => 'Again', state => 'planned', user_id => $me,
            version => 1 }, 'triggered, from the deadline');
is_deeply($res->json->{suggested_next}, [], 'and nothing proposed');
is($crm->get("/leads/$second")->json->{next_activity}{id},
   $res->json->{next}{id}, 'the lead knows the next one');


# ---- cancel, delete ------------------------------------------------------

$gone = planned($second, due_date => '2026-01-01');

$res = $crm->post("/activities/$gone->{id}/cancel");
$crm->status_ok($res, 200);
is($res->json->{state}, 'cancelled', 'cancelled');
$crm->problem_ok($crm->post("/activities/$gone->{id}/cancel"), 409,
                 'already_cancelled', undef, 'twice');
$crm->problem_ok($crm->post("/activities/$gone->{id}/done"), 409,
                 'already_cancelled', undef, 'done when cancelled');

$crm->status_ok($crm->delete("/activities/$gone->{id}"), 204);
$crm->problem_ok($crm->get("/activities/$gone->{id}"), 404, 'not_found',
                 undef, 'deleted');


# ---- lists ---------------------------------------------------------------

my $crm2 = $crm;

$crm = CRM::Test->tenant(timezone => 'Pacific/Kiritimati');
$sara = $crm->user(name => 'Sara', role => 'salesperson',
                   timezone => 'Pacific/Pago_Pago');
$omid = $crm->user(name => 'Omid', role => 'salesperson');
$me   = $crm->id;

my $mine  = lead(name => 'Mine');
my $saras = lead(name => "Sara's", user_id => $sara->id);
my $hers  = 'Pacific/Pago_Pago';
my $here  = 'Pacific/Kiritimati';

my %id = (
    late    => planned($mine, due_date => day(-1, $here))->{id},
    today   => planned($mine, due_date => day(0, $here))->{id},
    later   => planned($mine, due_date => day(5, $here))->{id},
    her     => planned($mine, due_date => day(0, $hers),
                    user_id => $sara->id, type_id => 1)->{id},
    hers    => planned($saras, due_date => day(7, $here),
                    user_id => $sara->id)->{id},
    omids   => planned($saras, due_date => day(8, $here),
                    user_id => $omid->id)->{id}
);

is($crm->get("/activities/$id{her}")->json->{state}, 'today',
   "today is the assignee's");

is_deeply(listed('user_id=me&state=overdue'), [ $id{late} ], 'overdue');
is_deeply(listed('user_id=me&state=today'), [ $id{today} ], 'today');
is_deeply(listed('user_id=me&state=planned'), [ $id{later} ], 'planned');
is_deeply(listed('user_id=me'), [ @id{qw(late today later)} ], 'open');
is_deeply(listed('user_id=me&sort=-due_date'), [ @id{qw(later today late)} ],
          'backwards');
is_deeply([ sort { $a <=> $b } @{ listed('state=today') } ],
          [ sort { $a <=> $b } @id{qw(today her)} ],
          'today, each where they are');
is_deeply(listed("user_id=me,$me&state=overdue"), [ $id{late} ],
          'once, whoever is named twice');
is_deeply(listed('type_id=1,1'), [ $id{her} ], 'or what');
is_deeply(listed("lead_id=$saras"), [ @id{qw(hers omids)} ], 'of a lead');
is_deeply(listed('type_id=1'), [ $id{her} ], 'of a type');
is_deeply(listed("id=$id{later},$id{late}"), [ @id{qw(late later)} ],
          'by id');
is_deeply(listed('due_date_from=' . day(5, $here) . '&due_date_to='
                 . day(8, $here)), [ @id{qw(later hers)} ], 'between days');
is_deeply(listed('team_id=1&user_id=' . $omid->id), [ $id{omids} ],
          'of a team');
is_deeply(listed('team_id=none'), [], 'of no team');
is_deeply(listed('user_id=none'), [], "nobody's");

is($crm->get('/activities?user_id=me&total=true')->json->{total}, 3,
   'an exact total');
is($crm->get('/activities?state=overdue&user_id=me&total=true')
       ->json->{total}, 1, 'also of a state');

for my $limit (1, 3) {
    is_deeply(pick($crm->get("/activities?state=planned&lead_id=$saras"
                             . "&total=true&limit=$limit")->json,
                   qw(total total_at_least)),
              { total => 2, total_at_least => undef },
              "two, $limit in a page");
}

my $many = join ',', 1 .. 300;

is_deeply(pick($crm->get("/activities?total=true&id=$many$_->[0]")->json,
               qw(total total_at_least)),
          { total => $_->[1], total_at_least => undef },
          "of 300 ids$_->[0] $_->[1]")
    for [ '', scalar keys %id ], [ "&user_id=$me", 3 ],
        [ '&user_id=' . $omid->id, 1 ];

my ($cursor, @seen);

do {
    my $page = $crm->get('/activities?limit=2'
                         . ($cursor ? "&cursor=$cursor" : ''))->json;

    push @seen, map { $_->{id} } @{ $page->{data} };
    $cursor = $page->{next_cursor};
} while ($cursor);

is_deeply([ sort { $a <=> $b } @seen ],
          [ sort { $a <=> $b } values %id ], 'page by page');

$crm->problem_ok($crm->get("/activities?$_->[0]"), 400, $_->[1])
    for [ 'state=open', 'invalid_parameter' ],
        [ 'sort=summary', 'invalid_parameter' ],
        [ 'owner=1', 'unknown_parameter' ],
        [ 'user_id=x', 'invalid_parameter' ],
        [ 'cursor=abc', 'invalid_cursor' ],
        [ 'q=abc', 'unknown_parameter' ];


# ---- rights --------------------------------------------------------------

is_deeply(listed('', $sara), [ @id{qw(her hers omids)} ],
          'hers, and those on her records');
is_deeply(listed('user_id=me', $sara), [ @id{qw(her hers)} ], 'only hers');
is_deeply(listed("id=$id{$_}", $sara), [ $id{$_} ], "$_, by id")
    for qw(her hers omids);
is_deeply(listed("id=$id{late}", $sara), [], 'not one that is hidden');
is_deeply(listed('', $omid), [ $id{omids} ], "Omid's");
$crm->problem_ok($sara->get("/activities?lead_id=$mine"), 404, 'not_found');
$crm->problem_ok($sara->get("/leads/$mine/activities"), 404, 'not_found');
$crm->problem_ok($sara->get("/leads/$mine/activities?lead_id=$saras"), 404,
                 'not_found', undef, 'whatever a filter says');
$crm->problem_ok($crm->get("/leads/99999/activities?lead_id=$mine"), 404,
                 'not_found', undef, 'nor one that is not there');
is_deeply(ids($crm->get("/leads/$mine/activities?lead_id=$saras")), [],
          'a filter on another record finds nothing');
$crm->problem_ok($sara->get("/activities/$id{late}"), 404, 'not_found');
$crm->problem_ok($sara->post("/activities/$id{late}/done"), 404,
                 'not_found');
$crm->problem_ok($sara->post('/activities', { type_id => 1,
                                              lead_id => $mine }), 404,
                 'not_found', undef, 'on a hidden lead');
$crm->problem_ok($sara->post('/activities', { type_id => 1,
                                              lead_id => 999 }), 404,
                 'not_found', undef, 'as on one that is not there');

$crm->status_ok($sara->get("/activities/$id{her}"), 200);
$crm->problem_ok($sara->patch("/activities/$id{her}", { note => 'x' }), 403,
                 'forbidden', undef, 'may not change what is on another');
$crm->problem_ok($sara->post("/activities/$id{her}/cancel"), 403,
                 'forbidden');
$crm->problem_ok($sara->delete("/activities/$id{her}"), 403, 'forbidden');
$crm->status_ok($sara->post("/activities/$id{her}/done"), 200);
$crm->status_ok($sara->post("/activities/$id{omids}/cancel"), 200);


# ---- the top menu --------------------------------------------------------

is_deeply($crm->get('/activities/summary')->json,
          { overdue => 1, today => 1, planned => 1, done_today => 0,
            by_type => [ { type_id => 4, overdue => 1, today => 1,
                           planned => 1 } ] }, 'summary');
is_deeply($crm->get('/activities/summary?user_id=' . $sara->id)->json,
          { overdue => 0, today => 0, planned => 1, done_today => 1,
            by_type => [ { type_id => 4, overdue => 0, today => 0,
                           planned => 1 } ] }, "Sara's");
$crm->problem_ok($sara->get("/activities/summary?user_id=$me"), 403,
                 'forbidden');
$crm->problem_ok($crm->get('/activities/summary?user=1'), 400,
                 'unknown_parameter');


# ---- leads ---------------------------------------------------------------

is_deeply(ids($crm->get('/leads?activity_state=overdue')), [ $mine ],
          'leads by state');
is_deeply(ids($crm->get('/leads?sort=next_activity')), [ $mine, $saras ],
          'leads by next activity');
is_deeply($crm->get('/board')->json->{columns}[0]{activity},
          { overdue => 1, today => 0, planned => 1, none => 0 },
          "the column's figures");

$crm->status_ok($crm->post("/leads/$mine/archive"), 200);
is_deeply(listed('user_id=me'), [], 'not due while archived');
is($crm->get('/activities/summary')->json->{overdue}, 0, 'nor counted');
is_deeply(ids($crm->get("/leads/$mine/activities")),
          [ @id{qw(late today later)} ], 'but still there');
$crm->status_ok($crm->post("/leads/$mine/restore"), 200);
is_deeply(listed('user_id=me'), [ @id{qw(late today later)} ], 'again');

$crm->status_ok($crm->patch("/leads/$mine", { user_id => $omid->id }), 200);
is_deeply(listed('', $omid), [ @id{qw(late today later)} ],
          'who has the lead sees them');

$crm->status_ok($crm->post("/leads/$mine/lost"), 200);
is_deeply(listed('user_id=me&state=cancelled'), [ @id{qw(late today later)} ],
          'cancelled with the lead');

$res = $crm->post("/leads/$mine/restore");
$crm->status_ok($res, 200);
is_deeply([ map { $_->{id} } @{ $res->json->{cancelled_activities} } ],
          [ @id{qw(late today later)} ], 'restore lists them');
is($res->json->{activity_state}, undef, 'and brings none back');

$crm->status_ok($crm->delete("/leads/$saras"), 204);
$crm->problem_ok($crm->get("/activities/$id{hers}"), 404, 'not_found', undef,
                 'deleted with the lead');


# ---- contacts ------------------------------------------------------------

my $contact = $crm->post('/contacts', { name => 'Mina' })->json->{id};

$res = $sara->post("/contacts/$contact/activities", { type_id => 1 });
$crm->status_ok($res, 201);

my $call = $res->json->{id};

is($res->json->{contact_id}, $contact, 'on a contact');
is_deeply(ids($crm->get("/contacts/$contact/activities")), [ $call ],
          'its list');
is_deeply(listed("contact_id=$contact"), [ $call ], 'by filter');
$crm->problem_ok($crm->delete("/contacts/$contact"), 409, 'in_use');
$crm->problem_ok($crm->delete('/activity-types/1'), 409, 'in_use');
$crm->status_ok($crm->post("/activities/$call/done",
                           { feedback => 'x' }), 200);


# ---- a changed zone, a deactivated user ----------------------------------

my $moving = lead(name => 'Zone', user_id => undef);

planned($moving, due_date => day(0, $hers), user_id => $sara->id);
is($crm->get("/leads/$moving")->json->{activity_state}, 'today', 'before');

$crm->status_ok($crm->patch('/users/' . $sara->id, { timezone => $here }),
                200);

for (1 .. 100) {
    last if $crm->get("/leads/$moving")->json->{activity_state} eq 'overdue';
    Time::HiRes::sleep(0.1);
}

is($crm->get("/leads/$moving")->json->{activity_state}, 'overdue',
   'after the job');

# a meeting is on the day that its start has where the assignee is

my @met = map {
    my $res = $crm->post($_, { type_id => 3, user_id => $sara->id,
                               start_at => '2031-01-01T10:30:00Z',
                               end_at => '2031-01-01T11:00:00Z' });
    $crm->status_ok($res, 201);
    $res->json;
} "/leads/$moving/activities", "/contacts/$contact/activities";

is($_->{due_date}, '2031-01-02', 'half past ten is tomorrow there') for @met;
$crm->status_ok($crm->patch('/users/' . $sara->id, { timezone => $hers }),
                200);

for my $met (@met) {
    for (1 .. 100) {
        last if $crm->get("/activities/$met->{id}")->json->{version} > 1;
        Time::HiRes::sleep(0.1);
    }

    is_deeply(pick($crm->get("/activities/$met->{id}")->json,
                   qw(version due_date start_at)),
              { version => 2, due_date => '2030-12-31',
                start_at => '2031-01-01T10:30:00.000Z' },
              'the day follows the zone of the assignee');
    $crm->status_ok($crm->post("/activities/$met->{id}/done", {}), 200);
}

$crm->status_ok($crm->patch('/users/' . $sara->id, { active => \0 }), 200);
is(scalar @{ listed('user_active=false') }, 1, 'of those who left');


# ---- conventions ---------------------------------------------------------

my @key = (headers => { 'Idempotency-Key' => 'act-1' });
my $one = $crm->post("/leads/$moving/activities", { type_id => 1 }, @key);
my $two = $crm->post("/leads/$moving/activities", { type_id => 1 }, @key);

$crm->status_ok($two, 201);
is($two->json->{id}, $one->json->{id}, 'planned once');
is($two->header('Idempotency-Replayed'), 'true', 'replayed');

$res = $crm->get("/activities/$call");
$crm->status_ok($crm->get("/activities/$call",
                          headers => { 'If-None-Match' =>
                                       $res->header('ETag') }), 304);
$crm->status_ok($crm->req('PUT', '/activities'), 405);

$_->check_clean for $crm, $crm2;

done_testing;
