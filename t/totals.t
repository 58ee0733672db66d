# ?total=true over more records than are read for it: single filters and own
# views are exact (api.md, "Lists"), for managers and for salespersons.
#
# 1800 leads: every third one a salesperson's, nobody's, somebody else's; and
# three of nobody that are archived.

use utf8;
use CRM::Test;

use POSIX qw(strftime);

my $crm    = CRM::Test->tenant(timezone => 'UTC');
my $sales  = $crm->user;
my $other  = $crm->user;
my $berlin = $crm->user(timezone => 'Europe/Berlin');
my @users  = ($sales->id, undef, $other->id);
my @stages = map { $_->{id} } @{ $crm->get('/stages')->json->{data} };
my $type   = $crm->get('/activity-types')->json->{data}[0]{id};

my $contact = $crm->post('/contacts', { name => 'Nadia' })->json->{id};


sub create {
    my (@leads) = @_;
    my @ids;

    while (my @some = splice @leads, 0, 900) {
        my $res = $crm->post('/leads/batch', { operations => [
            map +{ op => 'create', body => $_ }, @some ] });

        die $res->describe if $res->status != 200;

        push @ids, map { $_->{id} // die $res->describe }
                       @{ $res->json->{results} };
    }

    return @ids;
}


my @ids = create(map +{
    name     => "Lead $_",
    user_id  => $users[$_ % 3],
    stage_id => $stages[$_ <= 1600 ? -1 : 0],
    $_ <= 1700     ? (expected_revenue => 100 * $_)         : (),
    $_ <= 1750     ? (expected_close   => '2027-01-15')     : (),
    $_ % 10 == 0   ? (contact_id       => $contact)         : (),
}, 1 .. 1800);

my @archived = create(map +{
    name             => "Old $_",
    user_id          => undef,
    expected_revenue => 50_000,
    expected_close   => '2027-01-15',
}, 1 .. 3);

$crm->status_ok($crm->post("/leads/$_/archive"), 200, 'archived')
    for @archived;


# the same in every order: what a manager and a salesperson are told

sub totals {
    my ($query, $all, $own) = @_;

    for my $sort ('-created_at', 'id', 'name', '-expected_revenue',
                  'next_activity')
    {
        for my $test ([ $crm, $all, 'manager' ],
                      [ $sales, $own, 'salesperson' ])
        {
            my ($client, $n, $who) = @$test;
            my $res = $client->get("/leads?$query&sort=$sort&total=true"
                                   . '&limit=1')->json;

            is($res->{total}, $n, "$query in the order of $sort: $who");
        }
    }
}


# ---- ranges ---------------------------------------------------------------

totals('expected_revenue_from=10000', 1601, 1067);
totals('expected_revenue_from=10000&expected_revenue_to=150000', 1400, 933);
totals('expected_revenue_from=10000&active=any', 1604, 1070);
totals('expected_revenue_from=10000&type=lead', 0, 0);
totals('expected_revenue_from=10000&contact_id=none', 1440, 960);
totals('expected_close_from=2027-01-01', 1750, 1167);
totals('expected_close_to=2027-01-15', 0, 0);
totals('created_at_from=2020-01-01T00:00:00Z', 1800, 1200);
totals('created_at_from=2020-01-01T00:00:00Z&active=any', 1803, 1203);
totals('closed_at_from=2020-01-01T00:00:00Z', 1600, 1067);
totals('closed_at_from=2020-01-01T00:00:00Z&active=any', 1600, 1067);
totals('closed_at_from=2020-01-01T00:00:00Z&expected_revenue_from=10000',
       1501, 1001);
totals("expected_revenue_from=10000&user_id=" . $other->id, 534, 0);


# ---- without a contact ----------------------------------------------------

totals('contact_id=none', 1620, 1080);
totals("contact_id=$contact", 180, 120);

$crm->patch("/leads/$ids[0]", { contact_id => $contact });
totals('contact_id=none', 1619, 1079);
$crm->patch("/leads/$ids[0]", { contact_id => undef });
totals('contact_id=none', 1620, 1080);


# ---- what rots ------------------------------------------------------------

# 150 of the 200 that are open, as if they had come three days ago

totals('rotting=false', 1800, 1200);
$crm->patch("/stages/$stages[0]", { rotting_days => 2 });
totals('rotting=true', 0, 0);

my %staged = map { $_ => $crm->redis('HGET', "{}lead:$_", 'staged') }
             @ids[1600 .. 1749];

$crm->redis('HSET', "{}lead:$_", 'staged', $staged{$_} - 3 * 86_400_000)
    for keys %staged;
totals('rotting=true', 150, 100);
totals('rotting=true&active=any', 150, 100);
totals("rotting=true&stage_id=$stages[-1]", 0, 0);
totals('rotting=false', 1650, 1100);
totals("rotting=false&stage_id=$stages[0]", 50, 33);
totals('rotting=true&user_id=none', 50, 50);
$crm->redis('HSET', "{}lead:$_", 'staged', $staged{$_}) for keys %staged;
$crm->patch("/stages/$stages[0]", { rotting_days => 0 });


# ---- what is due ----------------------------------------------------------

sub due {
    my ($first, $last, $day, $user) = @_;

    $day = strftime('%Y-%m-%d', gmtime(time + $day * 86400))
        if $day =~ /^-?\d+\z/;

    for (my $i = $first; $i <= $last; $i += 1000) {
        my $end = $i + 999 < $last ? $i + 999 : $last;
        my $res = $crm->post('/leads/bulk', {
            action => 'schedule_activity',
            ids    => [ @ids[$i - 1 .. $end - 1] ],
            params => { type_id => $type, due_date => $day,
                        user_id => ($user // $crm)->id },
        });

        $res = $crm->wait_job($res) if $res->status == 202;
        die $res->describe if $res->status != 200 || $res->json->{failed};
    }
}


totals('activity_state=none', 1800, 1200);
totals('activity_state=none&active=any', 1803, 1203);
totals('activity_state=none&active=false', 3, 3);

due(1, 1700, 5);
totals('activity_state=planned', 1700, 1133);
totals('activity_state=overdue,today,planned', 1700, 1133);
totals('activity_state=none', 100, 67);

due(1, 100, '2026-10-25', $berlin);
due(101, 1300, -3);
due(1301, 1500, 0);
totals('activity_state=overdue', 1300, 867);
totals('activity_state=today', 200, 133);
totals('activity_state=planned', 200, 133);
totals('activity_state=none', 100, 67);
totals('activity_state=overdue,none', 1400, 934);
totals('activity_state=overdue,planned', 1500, 1000);
totals('activity_state=today,planned&active=any', 400, 266);
totals("activity_state=overdue&stage_id=$stages[-1]", 1300, 867);
totals("activity_state=planned&stage_id=$stages[0]", 100, 66);
totals('activity_state=overdue&active=false', 0, 0);
totals('activity_state=overdue&user_id=none', 434, 434);


# ---- activities -----------------------------------------------------------

# on the records above 3200, of which 1067 are on somebody else's; 1200 are the
# salesperson's, also on other records, 400 of them on nobody's

sub activities {
    my ($query, $all, $own) = @_;

    for my $test ([ $crm, $all, 'manager' ], [ $sales, $own, 'salesperson' ])
    {
        my ($client, $n, $who) = @$test;

        is($client->get("/activities?$query&total=true&limit=1")
                  ->json->{total}, $n, "activities, $query: $who");
    }
}


activities('sort=due_date', 3200, 2133);
activities('state=today', 200, 133);
activities("state=today&type_id=$type", 200, 133);
activities('state=today&team_id=none', 0, 0);
activities('due_date_from=2026-10-25&due_date_to=2026-10-26', 100, 67);
activities('due_date_from=2026-10-25&due_date_to=2026-10-26&user_id=none', 0,
           0);
due(1, 1200, 6, $sales);
activities('sort=due_date', 4400, 3333);
activities('state=overdue,today,planned', 4400, 3333);
activities('state=done,cancelled', 0, 0);
activities('user_id=' . $sales->id, 1200, 1200);

for my $lead (@ids[0 .. 2]) {
    my ($mine) = grep { $_->{user_id} == $sales->id }
        @{ $crm->get("/leads/$lead/activities")->json->{data} };

    $crm->status_ok($sales->post("/activities/$mine->{id}/done"), 200);
}

activities('state=done', 3, 3);
activities('state=overdue,today,planned', 4397, 3330);
activities('state=done,overdue,today,planned', 4400, 3333);

# a list that has no sorted set at all, also where another request has asked
# who comes: nothing is read for it then

my @answers = $crm->concurrently((
    [ 'GET', '/leads?activity_state=planned&active=false&sort=next_activity'
             . '&total=true' ]
) x 20);

is((grep { $_->status == 200 && $_->json->{total} == 0 } @answers), 20,
   'nothing archived is planned') || diag($answers[0]->describe);

$crm->check_clean;
done_testing;
