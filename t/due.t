# What is due, in lists and on the board: activity_state, next_activity, the
# columns' figures, the instant in the board's ETag.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

use POSIX qw(strftime);
use Mojo::JSON;

no warnings 'portable';

my $crm = CRM::Test->tenant(timezone => 'UTC');
my $me  = $crm->id;

my ($new, $qualified) = map { $_->{id} }
    @{ $crm->get('/stages')->json->{data} };
my $type  = $crm->get('/activity-types')->json->{data}[0]{id};
my $sales = $crm->user(timezone => 'Europe/Berlin');
my $other = $crm->user;


sub day {
    my ($days) = @_;

    return strftime('%Y-%m-%d', gmtime(time + $days * 86400));
}


# a lead with an activity due on each of the days given, or on dates

sub lead {
    my ($fields, @due) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', stage_id => $new,
                                     %$fields });
    die $res->describe if $res->status != 201;

    my $id = $res->json->{id};

    for my $due (@due) {
        $res = $crm->post("/leads/$id/activities", {
            type_id  => $type,
            due_date => $due =~ /^-?\d+\z/ ? day($due) : $due,
            user_id  => $fields->{user_id} // $me,
        });
        die $res->describe if $res->status != 201;
    }

    return $id;
}


sub list {
    my ($client, %query) = @_;

    my $res = $client->get('/leads', query => {
        sort => 'next_activity', %query });

    return $res->status == 200 ? ids($res) : $res->describe;
}


# A day's distance from midnight is two days here, so that the clock of the
# run does not matter in any zone.

my $none     = lead({ user_id => undef });
my $planned  = lead({ user_id => $me }, 5);
my $overdue  = lead({ user_id => $me, stage_id => $qualified }, 9, -3);
my $today    = lead({ user_id => $me }, 0);
my $berlin   = lead({ user_id => $sales->id }, '2026-10-25');
my $spring   = lead({ user_id => $sales->id }, '2027-03-28');
my $later    = lead({ user_id => $other->id, stage_id => $qualified }, 7);
my $archived = lead({ user_id => $me }, -3);
$crm->post("/leads/$archived/archive");


# ---- lists ----------------------------------------------------------------

is_deeply(list($crm), [ $berlin, $overdue, $today, $planned, $later, $spring,
                        $none ],
          'by next activity, those without one last');
is_deeply(list($crm, sort => '-next_activity'),
          [ $spring, $later, $planned, $today, $overdue, $berlin, $none ],
          'descending, those without one last');
is_deeply(list($crm, user_id => 'me'), [ $overdue, $today, $planned ],
          'my open records');
is_deeply(list($crm, user_id => 'me', active => 'any'),
          [ $overdue, $today, $planned, $archived ],
          'an archived one has none');
is_deeply(list($crm, stage_id => $qualified), [ $overdue, $later ],
          'of a stage');
is_deeply(list($sales), [ $berlin, $spring, $none ],
          'a salesperson\'s own and nobody\'s');

my @states = (
    [ 'overdue',        [ $berlin, $overdue ] ],
    [ 'today',          [ $today ] ],
    [ 'planned',        [ $planned, $later, $spring ] ],
    [ 'none',           [ $none ] ],
    [ 'overdue,today',  [ $berlin, $overdue, $today ] ],
    [ 'today,planned',  [ $today, $planned, $later, $spring ] ],
    [ 'planned,overdue', [ $berlin, $overdue, $planned, $later, $spring ] ],
    [ 'none,today',     [ $today, $none ] ],
    [ 'overdue,today,planned',
      [ $berlin, $overdue, $today, $planned, $later, $spring ] ],
);

for my $test (@states) {
    my ($state, $expected) = @$test;

    is_deeply(list($crm, activity_state => $state), $expected, $state);
    is_deeply(list($crm, activity_state => $state, sort => 'id'),
              [ sort { $a <=> $b } @$expected ], "$state by id");
    is_deeply(list($crm, activity_state => $state, sort => '-created_at'),
              [ sort { $b <=> $a } @$expected ], "$state, newest first");

    my $res = $crm->get('/leads', query => { activity_state => $state,
                                             total => 'true' })->json;
    is($res->{total} // $res->{total_at_least}, scalar @$expected,
       "$state: total");
}

my $lead = $crm->get("/leads?id=$overdue")->json->{data}[0];
is($lead->{activity_state}, 'overdue', 'the worst one counts');
is($lead->{next_activity}{due_date}, day(-3), 'the earliest is next');
is_deeply($lead, $crm->get("/leads/$overdue")->json, 'as read alone');

my (@walk, $cursor);

do {
    my $res = $crm->get('/leads', query => {
        sort => '-next_activity', limit => 2,
        $cursor ? (cursor => $cursor) : () });
    push @walk, @{ ids($res) };
    $cursor = $res->json->{next_cursor};
} while ($cursor && @walk < 20);

is_deeply(\@walk, [ $spring, $later, $planned, $today, $overdue, $berlin,
                    $none ], 'page by page');


# ---- board ----------------------------------------------------------------

sub activity {
    my ($client, $column, %query) = @_;

    return [ @{ $client->get('/board', query => \%query)->json
                    ->{columns}[$column]{activity} }
             {qw(overdue today planned none)} ];
}

is_deeply(activity($crm, 0), [ 1, 1, 2, 1 ], 'figures of a column');
is_deeply(activity($crm, 1), [ 1, 0, 1, 0 ], '... of another');
is_deeply(activity($sales, 0), [ 1, 0, 1, 1 ], 'of a salesperson');
is_deeply(activity($crm, 0, user_id => $me), [ 0, 1, 1, 0 ], 'of a user');

my ($card) = grep { $_->{id} == $today }
             @{ $crm->get('/board')->json->{columns}[0]{leads} };
is_deeply(pick($card, qw(activity_state)), { activity_state => 'today' },
          'a card');
is($card->{next_activity}{due_date}, day(0), '... its next activity');

my $etag = $crm->get('/board')->header('ETag');
is($crm->get('/board', headers => { 'If-None-Match' => $etag })->status, 304,
   'nothing has changed');

my ($flip) = $etag =~ /-([0-9a-f]+)"\z/;
$flip = hex $flip;
ok($flip > 1000 * time && $flip <= 1000 * (time + 86400),
   'the tag says when the day ends');

($flip) = $crm->get('/board', query => { q => 'lead' })->header('ETag')
          =~ /-([0-9a-f]+)"\z/;
$flip = hex $flip;
ok($flip > 1000 * time && $flip <= 1000 * (time + 86400),
   '... also with q, whose cards show what is due');

(my $past = $etag) =~ s/-[0-9a-f]+"\z/-1"/;
is($crm->get('/board', headers => { 'If-None-Match' => $past })->status, 200,
   'a tag whose instant has passed');

my $task = $crm->get("/leads/$today/activities")->json->{data}[0]{id};
$crm->status_ok($crm->post("/activities/$task/done"), 200);

is($crm->get('/board', headers => { 'If-None-Match' => $etag })->status, 200,
   'after an activity was completed');
is_deeply(activity($crm, 0), [ 1, 0, 2, 2 ], '... it counts no more');

# rotting: three days in the stage, a limit of two

my $before = $crm->get('/board')->header('ETag');
$crm->patch("/stages/$new", { rotting_days => 1 });
isnt($crm->get('/board')->header('ETag'), $before, 'a limit changes the tag');
is_deeply(ids($crm->get('/leads?rotting=true')), [], 'not yet');

my $wait = $crm->post('/leads', { name => 'Patience', stage_id => $new })
               ->json->{id};
($flip) = $crm->get('/board', query => { q => 'patience' })->header('ETag')
          =~ /-([0-9a-f]+)"\z/;
cmp_ok(abs(hex($flip) - 1000 * (time + 86400)), '<', 60_000,
       'a day later it rots: the tag with q says so');
$crm->status_ok($crm->delete("/leads/$wait"), 204);

$crm->redis('HSET', "{}lead:$none", 'staged', 1000 * (time - 2 * 86400));
is_deeply(ids($crm->get('/leads?rotting=true')), [$none], 'rotting');
is_deeply([ sort { $a <=> $b } @{ ids($crm->get('/leads?rotting=false')) } ],
          [ $planned, $overdue, $today, $berlin, $spring, $later ],
          'and those that are not');

done_testing;
