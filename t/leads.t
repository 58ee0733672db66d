# Leads one by one: creation, fields, stages, teams, contacts, probability,
# won, lost, restored, archived, moved, deleted, and who may see them.

use utf8;
use CRM::Test;
use CRM::Util qw(fault_list ids kind_of pick $INSTANT);

use Time::HiRes qw(sleep);

my $crm = CRM::Test->tenant;
my $me  = $crm->id;

my ($new, $qualified, $proposition, $won) = map { $_->{id} }
    @{ $crm->get('/stages')->json->{data} };
my $sales = $crm->get('/teams')->json->{data}[0]{id};


sub lead {
    my (%fields) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', %fields });
    die $res->describe if $res->status != 201;

    return $res->json;
}


sub get { return $crm->get("/leads/$_[0]")->json }


# some members of a lead, after an answer that must be 200

sub is_now {
    my ($res, $expected, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return $res->status == 200
        ? is_deeply(pick($res->json, keys %$expected), $expected, $name)
          && is_deeply(get($res->json->{id}), $res->json, "$name: stored")
        : $crm->status_ok($res, 200, $name);
}


sub conflict {
    my ($res, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is($res->status, 409, $name)
           && like($res->json->{code}, qr/^[a-z_]+\z/, "$name: code")
           && is($res->header('Content-Type'), 'application/problem+json',
                 "$name: a problem")
        || diag($res->describe);
}


sub column {
    my ($stage, %query) = @_;

    return ids($crm->get('/leads', query => {
        stage_id => $stage, sort => 'position', limit => 1000, %query }));
}


# ---- creation ------------------------------------------------------------

my $res  = $crm->post('/leads', { name => 'First' });
my $lead = $res->json;

$crm->status_ok($res, 201);
is($res->header('Location'), "/crm/v1/leads/$lead->{id}", 'Location');

my %default = (
    version => 1, created_by => $me, updated_by => $me, name => 'First',
    type => 'opportunity', state => 'open', active => 1, stage_id => $new,
    team_id => $sales, user_id => $me, priority => 0, probability => 10,
    probability_mode => 'auto', tag_ids => [], rotting => 0,
    (map { $_ => undef }
         qw(contact_id contact_name company_name job_title email phone website
            street city region postal_code country description
            expected_revenue recurring_revenue recurring_months expected_close
            source medium campaign referred_by color lost_reason_id closed_at
            converted_at merged_into activity_state next_activity)),
);

is_deeply([ sort keys %$lead ],
          [ sort keys %default, qw(id created_at updated_at assigned_at
                                   stage_changed_at) ], 'members');
is_deeply(pick($lead, keys %default), \%default, 'defaults');
like($lead->{$_}, $INSTANT, $_)
    for qw(created_at updated_at assigned_at stage_changed_at);

my $kinds = $crm->get("/leads/$lead->{id}")->json;

is(join(' ', map { kind_of($kinds->{$_}) }
        qw(id version name active priority probability tag_ids rotting
           contact_id user_id)),
   'number number string boolean number number array boolean null number',
   'JSON types');

my $reason = $crm->get('/lost-reasons')->json->{data}[0]{id};
my @tags   = map { $crm->post('/tags', { name => $_ })->json->{id} } qw(A B);
my $helper = $crm->user(name => 'Helper', role => 'salesperson');
my $contact = $crm->post('/contacts', { name => 'Contact' })->json->{id};

my %every = (
    name => 'قرارداد فروش', type => 'opportunity', stage_id => $proposition,
    team_id => $sales, user_id => $helper->id, contact_id => $contact,
    contact_name => 'علی رضایی', company_name => 'Müller & Söhne',
    job_title => 'CEO', email => 'a@b.example', phone => '+98 912 345',
    website => 'example.com', street => 'Main Street 1', city => 'تهران',
    region => 'Tehran', postal_code => '12345-678', country => 'IR',
    description => "Line 1\nLine 2\t😀", priority => 3,
    expected_revenue => 1_234_567_890, recurring_revenue => 1000,
    recurring_months => 12, probability => 66.66, expected_close =>
    '2026-12-31', tag_ids => [@tags], source => 'Fair', medium => 'Banner',
    campaign => 'Spring', referred_by => 'Maria', color => 5,
);

$res = $crm->post('/leads', \%every);
$crm->status_ok($res, 201);
is_deeply(pick($res->json, keys %every, 'probability_mode', 'created_by'),
          { %every, probability_mode => 'manual', created_by => $me },
          'every field');
is_deeply(get($res->json->{id}), $res->json, 'as it is stored');

is(lead(name => 'Nobody', user_id => undef)->{user_id}, undef, 'nobody');
is(lead(name => 'Nobody', user_id => undef)->{assigned_at}, undef,
   'assigned to nobody never');
is_deeply(pick(lead(probability => 50, probability_mode => 'manual'),
               qw(probability probability_mode)),
          { probability => 50, probability_mode => 'manual' }, 'both');

$crm->problem_ok($crm->post('/leads', { name => 'x', type => 'lead' }), 422,
                 'validation', [[ 'type', 'invalid' ]], 'no leads in use');
$crm->patch('/settings', { use_leads => \1 });
is(lead(type => 'lead')->{type}, 'lead', 'leads in use');
$crm->problem_ok($crm->patch("/leads/$lead->{id}", { type => 'lead' }), 422,
                 'validation', [[ 'type', 'read_only' ]],
                 'a type stays what it is');


# ---- contacts fill what is empty -----------------------------------------

my $company = $crm->post('/contacts', { name => 'Firma', kind => 'company' })
              ->json->{id};
my %person = (name => 'Anna Bauer', parent_id => $company,
              email => 'anna@firma.example', phone => '0301234',
              job_title => 'Buyer', street => 'Ring 5', city => 'Bonn',
              region => 'NRW', postal_code => '53111', country => 'DE');
my $person = $crm->post('/contacts', \%person)->json->{id};

my %filled = (contact_name => 'Anna Bauer', company_name => 'Firma',
              map { $_ => $person{$_} }
                  qw(email phone job_title street city region postal_code
                     country));

is_deeply(pick(lead(contact_id => $person), keys %filled), \%filled,
          'a contact fills an empty lead');
is_deeply(pick(lead(contact_id => $person, email => 'own@x.example',
                    contact_name => 'Own', city => 'Köln'), keys %filled),
          { %filled, email => 'own@x.example', contact_name => 'Own',
            city => 'Köln', street => undef, region => undef,
            postal_code => undef, country => undef },
          'what is there stays; an address is one block');

my $later = lead(phone => '1')->{id};

is_now($crm->patch("/leads/$later", { contact_id => $person }),
       { %filled, phone => '1', version => 2 }, 'a PATCH fills as well');
is_now($crm->patch("/leads/$later", { contact_id => undef }),
       { %filled, phone => '1', contact_id => undef },
       'taking the contact away leaves what it filled');
is(lead(contact_id => $company)->{company_name}, 'Firma',
   'a company is the company');
$crm->problem_ok($crm->delete("/contacts/$person"), 409, 'in_use', undef,
                 'a contact with a lead') if lead(contact_id => $person);


# ---- stages and teams ----------------------------------------------------

my $export = $crm->post('/teams', { name => 'Export' })->json->{id};
my $own    = $crm->post('/stages', { name => 'Export', sequence => 5,
                                     probability => 7, team_id => $export })
             ->json->{id};

is_deeply(pick(lead(team_id => $export), qw(stage_id probability)),
          { stage_id => $own, probability => 7 }, "the team's first stage");
is(lead()->{stage_id}, $new, 'which is none of another team');
$crm->problem_ok($crm->post('/leads', { name => 'x', team_id => $sales,
                                        stage_id => $own }), 422,
                 'validation', [[ 'stage_id', 'invalid' ]],
                 'a stage of another team');

$lead = lead(stage_id => $qualified);
is_now($crm->patch("/leads/$lead->{id}", { team_id => $export }),
       { team_id => $export, stage_id => $qualified, version => 2 },
       'a shared stage stays');
is_now($crm->patch("/leads/$lead->{id}", { stage_id => $own }),
       { stage_id => $own, probability => 7 }, 'to the stage of its team');
is_now($crm->patch("/leads/$lead->{id}", { team_id => $sales }),
       { team_id => $sales, stage_id => $new, probability => 10 },
       'which a new team has not');
$crm->problem_ok($crm->patch("/leads/$lead->{id}", { stage_id => $own }), 422,
                 'validation', [[ 'stage_id', 'invalid' ]],
                 "another team's stage in a PATCH");
is_now($crm->patch("/leads/$lead->{id}", { stage_id => $own,
                                           team_id => $export }),
       { team_id => $export, stage_id => $own }, 'both at once');
$crm->problem_ok($crm->patch("/leads/$lead->{id}",
                             { stage_id => $own, team_id => $sales }), 422,
                 'validation', [[ 'stage_id', 'invalid' ]],
                 'both at once, not fitting');

$crm->patch("/stages/$own", { fold => \1 });
is(lead(team_id => $export)->{stage_id}, $new, 'a folded stage is no start');
$crm->patch("/stages/$own", { fold => \0 });

# the team of who is in one

my $second = $crm->post('/teams', { name => 'Second',
                                    member_ids => [ $helper->id ] })
             ->json->{id};
my $led    = $crm->user(name => 'Leader', role => 'salesperson');
my $third  = $crm->post('/teams', { name => 'Third', user_id => $led->id })
             ->json->{id};

is($helper->post('/leads', { name => 'x' })->json->{team_id}, $second,
   "a member's team");
is($led->post('/leads', { name => 'x' })->json->{team_id}, $third,
   "a leader's team");
is(lead(user_id => $helper->id)->{team_id}, $second, 'of the user, not of '
   . 'the caller');
is(lead(user_id => undef)->{team_id}, $sales, "nobody: the tenant's first");


# ---- assignment ----------------------------------------------------------

$lead = lead();
my $assigned = $lead->{assigned_at};

sleep 0.005;
is_now($crm->patch("/leads/$lead->{id}", { user_id => $me, city => 'x' }),
       { user_id => $me, assigned_at => $assigned, version => 2 },
       'the same user again is no assignment');
sleep 0.005;
$res = $crm->patch("/leads/$lead->{id}", { user_id => $helper->id });
cmp_ok($res->json->{assigned_at}, 'gt', $assigned, 'another user is');
is_now($crm->patch("/leads/$lead->{id}", { user_id => undef }),
       { user_id => undef, assigned_at => undef }, 'cleared with the user');


# ---- probability ---------------------------------------------------------

$lead = lead();
my $at = "/leads/$lead->{id}";

is_now($crm->patch($at, { probability => 55.5 }),
       { probability => 55.5, probability_mode => 'manual' },
       'a value of its own is manual');
is_now($crm->patch($at, { stage_id => $qualified }),
       { probability => 55.5, probability_mode => 'manual' },
       'and stays in another stage');
is_now($crm->patch($at, { probability_mode => 'auto' }),
       { probability => 30, probability_mode => 'auto' }, 'auto follows again');
is_now($crm->patch($at, { stage_id => $proposition }),
       { probability => 60, probability_mode => 'auto' }, 'and on');
is_now($crm->patch($at, { probability_mode => 'manual' }),
       { probability => 60, probability_mode => 'manual' },
       'manual without a value');
is_now($crm->patch($at, { probability => 0 }),
       { probability => 0, state => 'open', active => 1 }, '0 is not lost');
is_now($crm->patch($at, { probability => 100 }),
       { probability => 100, state => 'open' }, '100 is not won');


# ---- stages by PATCH, the log --------------------------------------------

sub messages {
    my ($id) = @_;

    return $crm->get("/leads/$id/messages")->json->{data};
}


# exactly one new message since the last call, a log of at least these changes

my %seen;

sub logged {
    my ($id, $changes, $name, $exactly) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $messages = messages($id);
    my $before   = $seen{$id} // 0;

    $seen{$id} = @$messages;

    my $expected = defined $changes ? 1 : 0;

    return fail("$name: messages") && 0
        if !is(@$messages - $before, $expected, "$name: $expected message");
    return 1 if !$expected;

    my $log = $messages->[0];
    my %got = map { $_->{field} => [ $_->{old}, $_->{new} ] }
              @{ $log->{changes} };

    is($log->{kind}, 'log', "$name: a log");
    delete $got{$_} for grep { !exists $changes->{$_} && !$exactly } keys %got;

    return is_deeply(\%got, $changes, "$name: changes");
}


$lead = lead(name => 'Logged', city => 'Bonn');
$at   = "/leads/$lead->{id}";

logged($lead->{id}, undef, 'creation');

my $staged = $lead->{stage_changed_at};

sleep 0.005;
$res = $crm->patch($at, { stage_id => $qualified });
is_now($res, { stage_id => $qualified, probability => 30, version => 2,
               state => 'open' }, 'a stage by PATCH');
cmp_ok($res->json->{stage_changed_at}, 'gt', $staged, 'stage_changed_at');
logged($lead->{id}, { stage_id => [ $new, $qualified ] }, 'a stage');

$crm->patch($at, { name => 'Renamed', city => undef, priority => 2 });
logged($lead->{id}, { name => [ 'Logged', 'Renamed' ],
                      city => [ 'Bonn', undef ], priority => [ 0, 2 ] },
       'three fields', 1);
$crm->patch($at, { name => 'Renamed' });
logged($lead->{id}, undef, 'no change');
$crm->post("$at/move", { stage_id => $qualified });
logged($lead->{id}, undef, 'a move inside the column');
$crm->post("$at/move", { stage_id => $new });
logged($lead->{id}, { stage_id => [ $qualified, $new ] }, 'a move');
$crm->post("$at/won");
logged($lead->{id}, { stage_id => [ $new, $won ], state => [ 'open', 'won' ] },
       'won');
$crm->post("$at/move", { stage_id => $qualified });
logged($lead->{id}, { stage_id => [ $won, $qualified ],
                      state => [ 'won', 'open' ] }, 'reopened');
$crm->post("$at/lost", { lost_reason_id => $reason });
logged($lead->{id}, { state => [ 'open', 'lost' ], active => [ 1, 0 ],
                      lost_reason_id => [ undef, $reason ] }, 'lost');
$crm->post("$at/restore");
logged($lead->{id}, { state => [ 'lost', 'open' ], active => [ 0, 1 ],
                      lost_reason_id => [ $reason, undef ] }, 'restored');
$crm->post("$at/archive");
logged($lead->{id}, { active => [ 1, 0 ] }, 'archived', 1);
$crm->post("$at/restore");
logged($lead->{id}, { active => [ 0, 1 ] }, 'back', 1);

is_deeply([ map { $_->{author_id} } @{ messages($lead->{id}) } ],
          [ ($me) x 9 ], 'who did it');


# ---- won -----------------------------------------------------------------

$lead = lead();
$at   = "/leads/$lead->{id}";

$res = $crm->post("$at/won");
is_now($res, { state => 'won', active => 1, stage_id => $won,
               probability => 100, version => 2 }, 'won');
like($res->json->{closed_at}, $INSTANT, 'closed_at');

my $closed = $res->json->{closed_at};

conflict($crm->post("$at/won"), 'won twice');
conflict($crm->post("$at/lost"), 'lost while won');
conflict($crm->patch($at, { probability => 99 }),
         'a probability other than 100');
is($crm->patch($at, { probability => 100 })->status, 200, '100 it may be');
conflict($crm->post("$at/restore"), 'restored, neither lost nor archived');
is(get($lead->{id})->{state}, 'won', 'still won');

my $quick = $crm->post('/stages', { name => 'Quick win', sequence => 25,
                                    is_won => \1, probability => 100 })
            ->json->{id};

sleep 0.005;
is_now($crm->post("$at/move", { stage_id => $quick }),
       { state => 'won', stage_id => $quick, closed_at => $closed,
         probability => 100 }, 'from one won stage to another');
is_now($crm->post("$at/move", { stage_id => $qualified }),
       { state => 'open', stage_id => $qualified, closed_at => undef,
         probability => 30, probability_mode => 'auto', active => 1 },
       'left by a move: reopened');
is_now($crm->patch($at, { stage_id => $quick }),
       { state => 'won', probability => 100 }, 'won by PATCH');
is_now($crm->patch($at, { stage_id => $new }),
       { state => 'open', closed_at => undef, probability => 10 },
       'reopened by PATCH');

is(lead(stage_id => $won)->{state}, 'won', 'created in a won stage');

my $behind = $crm->post('/stages', { name => 'Behind', sequence => 90 })
             ->json->{id};

is($crm->post('/leads/' . lead(stage_id => $_->[0])->{id} . '/won')
   ->json->{stage_id}, $_->[1], $_->[2])
    for [ $new, $quick, 'the won stage that comes next' ],
        [ $qualified, $quick, 'also from just before it' ],
        [ $proposition, $won, 'not one that was before' ],
        [ $behind, $won, 'the last one where none comes' ];

my $theirs = $crm->post('/stages', { name => 'Export won', sequence => 22,
                                     is_won => \1, team_id => $export })
             ->json->{id};

is($crm->post('/leads/' . lead(team_id => $export, stage_id => $new)->{id}
              . '/won')->json->{stage_id}, $theirs, "one's own team's");
is($crm->post('/leads/' . lead(stage_id => $new)->{id} . '/won')
   ->json->{stage_id}, $quick, "never another team's");

my $manual = lead(probability => 42)->{id};

$crm->post("/leads/$manual/won");
is_now($crm->post("/leads/$manual/move", { stage_id => $new }),
       { probability => 10, probability_mode => 'auto' },
       'reopened: automatic again');


# ---- lost ----------------------------------------------------------------

$lead = lead(stage_id => $proposition);
$at   = "/leads/$lead->{id}";

$res = $crm->post("$at/lost", { lost_reason_id => $reason });
is_now($res, { state => 'lost', active => 0, probability => 0,
               stage_id => $proposition, lost_reason_id => $reason,
               version => 2 }, 'lost');
like($res->json->{closed_at}, $INSTANT, 'closed_at');
conflict($crm->post("$at/lost"), 'lost twice');

$res = $crm->post("$at/restore");
is($res->status, 200, 'restore');
is_deeply(pick($res->json, qw(state active lost_reason_id closed_at stage_id
                              probability probability_mode
                              cancelled_activities)),
          { state => 'open', active => 1, lost_reason_id => undef,
            closed_at => undef, stage_id => $proposition, probability => 60,
            probability_mode => 'auto', cancelled_activities => [] },
          'restored');
conflict($crm->post("$at/restore"), 'restored twice');

is_now($crm->post("$at/lost"), { state => 'lost', lost_reason_id => undef },
       'lost without a reason');
is_now($crm->post("$at/won"), { state => 'won', active => 1,
                                probability => 100 }, 'won revives');

my $name = lead()->{id};

$res = $crm->post("/leads/$name/lost", { lost_reason => ' too EXPENSIVE ' });
is($res->json->{lost_reason_id}, $reason, 'a reason found by name, folded');

$res = $helper->post('/leads', { name => 'x' })->json->{id};
$res = $helper->post("/leads/$res/lost", { lost_reason => 'پاسخ نداد' });
is($res->status, 200, 'a salesperson names a new one');
is_deeply([ map { $_->{name} } grep { $_->{id} == $res->json->{lost_reason_id} }
            @{ $crm->get('/lost-reasons')->json->{data} } ], ['پاسخ نداد'],
          'which is there now');

$lead = lead();
$at   = "/leads/$lead->{id}";

$crm->problem_ok($crm->post("$at/lost", { lost_reason_id => 999_999 }), 422,
                 'validation', [[ 'lost_reason_id', 'not_found' ]]);
$crm->problem_ok($crm->post("$at/lost", { reason => 'x' }), 422,
                 'validation', [[ 'reason', 'unknown_field' ]]);
$crm->problem_ok($crm->post("$at/lost", { lost_reason => 'x' x 201 }), 422,
                 'validation', [[ 'lost_reason', 'too_long' ]]);
$crm->problem_ok($crm->post("$at/lost", { lost_reason_id => $reason,
                                          lost_reason => 'Price' }), 422,
                 'validation', [[ 'lost_reason', 'invalid' ]],
                 'one reason by id, another by name');
is(get($lead->{id})->{state}, 'open', 'still open');

$seen{$lead->{id}} = 0;
$crm->post("$at/lost", { note => 'They chose another' });
logged($lead->{id}, { state => [ 'open', 'lost' ] }, 'lost with a note');
is(messages($lead->{id})->[0]{body}, 'They chose another',
   'note and changes are one message');

for my $note (' ', '<p><br></p>', '<p>&nbsp;</p>', "<p>\x{a0}</p>") {
    my $id = lead()->{id};

    $crm->post("/leads/$id/lost", { note => $note });
    is(messages($id)->[0]{body}, undef, 'blanks and empty markup: no note');
}

my $manual_lost = lead(probability => 42)->{id};

$crm->post("/leads/$manual_lost/lost");
is_now($crm->patch("/leads/$manual_lost", { city => 'Bonn' }),
       { city => 'Bonn', state => 'lost', active => 0 },
       'a lost one can be edited');


# ---- archived ------------------------------------------------------------

$lead = lead(probability => 42);
$at   = "/leads/$lead->{id}";

is_now($crm->post("$at/archive"), { active => 0, state => 'open',
       probability => 42, probability_mode => 'manual', closed_at => undef,
       version => 2 }, 'archived');
is(scalar(grep { $_ == $lead->{id} } @{ column($new) }), 0, 'off the board');
is_now($crm->post("$at/restore"), { active => 1, state => 'open',
       probability => 42, probability_mode => 'manual', version => 3 },
       'back as it was');

$lead = lead();
$at   = "/leads/$lead->{id}";
$crm->post("$at/won");
$closed = get($lead->{id})->{closed_at};
is_now($crm->post("$at/archive"), { active => 0, state => 'won',
       closed_at => $closed }, 'a won one');
is_now($crm->post("$at/restore"), { active => 1, state => 'won',
       closed_at => $closed, probability => 100 }, 'stays won');

$crm->problem_ok($crm->post('/leads/999999/archive'), 404, 'not_found');
$crm->problem_ok($crm->post("$at/archive", { x => 1 }), 422, 'validation',
                 [[ 'x', 'unknown_field' ]], 'archive takes nothing');


# ---- moves ---------------------------------------------------------------

my $board = $crm->post('/stages', { name => 'Board', sequence => 12,
                                    probability => 20 })->json->{id};
my @m = map { lead(name => "M$_", stage_id => $board)->{id} } 0 .. 4;

sub move {
    my ($n, %where) = @_;

    return $crm->post("/leads/$m[$n]/move",
                      { stage_id => $board, %where });
}

sub order_is {
    my ($expected, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %n = map { $m[$_] => $_ } 0 .. $#m;

    return is(join(' ', map { $n{$_} // "($_)" } @{ column($board) }),
              $expected, $name);
}

order_is('4 3 2 1 0', 'new ones are on top');
is(move(0)->json->{version}, 1, 'a move inside its column is no new version');
order_is('0 4 3 2 1', 'to the top');
move(0, after_id => $m[3]);
order_is('4 3 0 2 1', 'after');
move(1, before_id => $m[3]);
order_is('4 1 3 0 2', 'before');
move(2, before_id => $m[4]);
order_is('2 4 1 3 0', 'before the first');
move(2, after_id => $m[0]);
order_is('4 1 3 0 2', 'after the last');
move(1, after_id => $m[4]);
order_is('4 1 3 0 2', 'where it is');
move(1, before_id => $m[3]);
order_is('4 1 3 0 2', 'where it is, the other way');

is_now($crm->post("/leads/$m[1]/move", { stage_id => $qualified }),
       { stage_id => $qualified, probability => 30, version => 2 },
       'into another column');
order_is('4 3 0 2', 'out of this one');
is(column($qualified)->[0], $m[1], 'on top of that one');
is_now(move(1, after_id => $m[3]), { stage_id => $board, version => 3 },
       'and to a place in this one');
order_is('4 3 1 0 2', 'there it is');
$crm->patch("/leads/$m[0]", { stage_id => $new });
$crm->patch("/leads/$m[0]", { stage_id => $board });
order_is('0 4 3 1 2', 'by PATCH on top');
$crm->post("/leads/$m[3]/archive");
order_is('0 4 1 2', 'archived');
$crm->post("/leads/$m[3]/restore");
is_deeply([ sort @{ column($board) } ], [ sort @m ], 'restored');

$crm->problem_ok(move(0, before_id => $m[1], after_id => $m[2]), 422,
                 'validation', undef, 'before and after');
$crm->status_ok($crm->post("/leads/$m[0]/move"), 200, 'no body: on top');
is(column($board)->[0], $m[0], '... it is');
is(move(0, before_id => $m[0])->status, 422, 'before itself');
is(move(0, before_id => 999_999)->status, 422, 'before nothing');
is(move(0, before_id => lead(stage_id => $qualified)->{id})->status, 422,
   'before one of another column');
$crm->problem_ok(move(0, stage_id => 999_999), 422, 'validation',
                 [[ 'stage_id', 'not_found' ]], 'no such stage');
$crm->problem_ok(move(0, stage_id => $own), 422, 'validation',
                 [[ 'stage_id', 'invalid' ]], 'a stage of another team');
$crm->problem_ok(move(0, position => 1), 422, 'validation',
                 [[ 'position', 'unknown_field' ]]);
$crm->problem_ok($crm->post('/leads/999999/move', { stage_id => $new }), 404,
                 'not_found');

$res = $crm->post("/leads/$m[0]/move?include=columns",
                  { stage_id => $qualified });
is($res->status, 200, 'include=columns');

my %figures = map { ($_->{stage}{id} // $_->{stage_id}) => $_->{count} }
              @{ ref $res->json->{columns} eq 'ARRAY' ? $res->json->{columns}
                                                      : [] };

is_deeply(\%figures, { $board => 4, $qualified => scalar @{ column($qualified) }
                     }, 'the figures of both columns');


# ---- deletion ------------------------------------------------------------

$lead = lead();
$at   = "/leads/$lead->{id}";
$crm->post("$at/messages", { body => 'A note' });
$crm->status_ok($crm->delete($at), 204);
$crm->problem_ok($crm->get($at), 404, 'not_found');
$crm->problem_ok($crm->get("$at/messages"), 404, 'not_found');
$crm->problem_ok($crm->delete($at), 404, 'not_found');
$crm->problem_ok($crm->patch($at, { name => 'x' }), 404, 'not_found');
$crm->problem_ok($crm->post("$at/$_"), 404, 'not_found')
    for qw(won lost restore archive);
cmp_ok(lead()->{id}, '>', $lead->{id}, 'its id is not used again');
is($crm->redis('EXISTS', "{}lead:$lead->{id}"), 0, 'nothing is left');


# ---- who sees what -------------------------------------------------------

my $theirs_lead = lead(user_id => $led->id)->{id};
my $nobodys     = lead(user_id => undef)->{id};
my $mine        = lead(user_id => $helper->id)->{id};

is($helper->get("/leads/$_")->status, 200, 'visible')
    for $nobodys, $mine;

for my $request ([ GET => '' ], [ PATCH => '', { name => 'x' } ],
                 [ POST => '/won' ], [ POST => '/lost' ],
                 [ POST => '/restore' ], [ POST => '/archive' ],
                 [ POST => '/move', { stage_id => $new } ],
                 [ GET => '/messages' ],
                 [ POST => '/messages', { body => 'x' } ]) {
    my ($method, $path, $body) = @$request;
    my $hidden = $helper->req($method, "/leads/$theirs_lead$path",
                              { json => $body });
    my $absent = $helper->req($method, "/leads/999999$path",
                              { json => $body });

    $crm->problem_ok($hidden, 404, 'not_found', undef,
                     "$method $path: hidden");
    delete $_->json->{request_id} for $hidden, $absent;
    is_deeply($hidden->json, $absent->json, 'just as if it were not there');
}

is($crm->get("/leads/$theirs_lead")->json->{version}, 1, 'nothing happened');
ok(!(grep { $_ == $theirs_lead }
     @{ ids($helper->get('/leads', query => { limit => 1000 })) }),
   'not in the list');
is_deeply(ids($helper->get('/leads', query => { id =>
              "$theirs_lead,$nobodys,$mine", sort => 'id' })),
          [ sort { $a <=> $b } $nobodys, $mine ], 'not by id either');
is($helper->post("/leads/$mine/move", { stage_id => $new,
                                        before_id => $theirs_lead })->status,
   $helper->post("/leads/$mine/move", { stage_id => $new,
                                        before_id => 999_999 })->status,
   'nor as a neighbour');
$crm->problem_ok($helper->delete("/leads/$mine"), 403, 'forbidden');

$res = $helper->patch("/leads/$mine", { user_id => $led->id });
is_deeply([ $res->status, $res->json->{user_id} ], [ 200, $led->id ],
          'given away, and shown once');
$crm->problem_ok($helper->get("/leads/$mine"), 404, 'not_found', undef,
                 'not any more');
is($helper->post('/leads', { name => 'x', user_id => $led->id })->status, 201,
   'created for another');
is($helper->patch("/leads/$nobodys", { user_id => $helper->id })->status, 200,
   'taken from nobody');
is($led->get("/leads/$nobodys")->status, 404, 'and hidden from others');

$crm->check_clean;
done_testing;
