# Teams at work: aliases, which team a record gets, own stages, a team that is
# archived.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

my $server = CRM::Test->private(workers => 2);
my $crm    = CRM::Test->tenant(server => $server);
my ($true, $false) = (Mojo::JSON->true, Mojo::JSON->false);
my $sales  = $crm->get('/teams')->json->{data}[0]{id};


sub team {
    my (%fields) = @_;

    my $res = $crm->post('/teams', { name => 'Team', %fields });
    die $res->describe if $res->status != 201;

    return $res->json->{id};
}


sub lead {
    my ($client, %fields) = @_;

    my $res = $client->post('/leads', { name => 'Lead', %fields });
    die $res->describe if $res->status != 201;

    return $res->json;
}


# ---- aliases --------------------------------------------------------------

for my $alias ('info', 'Info+Sales', q{!#$%&'*+-/=?^_`{|}~}, 'a.b.c',
               'فروش', 'x' x 64)
{
    my $res = $crm->post('/teams', { name => 'A', alias => $alias });

    $crm->status_ok($res, 201);
    is($res->json->{alias}, $alias, "alias $alias");
}

for my $alias ('.a', 'a.', 'a..b', 'a b', 'a@b', 'a(b', 'a"b', 'a,b', 'a:b',
               'a;b', 'a<b', 'a[b', 'a\\b', 'x' x 65, "a\tb", 7)
{
    $crm->problem_ok($crm->post('/teams', { name => 'A', alias => $alias }),
                     422, 'validation', [['alias', 'invalid']]);
}

for my $alias ('INFO', 'ｉｎｆｏ', 'info+sales', 'فروش') {
    $crm->problem_ok($crm->post('/teams', { name => 'A', alias => $alias }),
                     422, 'validation', [['alias', 'taken']]);
}

my @racing = $crm->concurrently(map { [ 'POST', '/teams', { json => {
    name => "R$_", alias => $_ % 2 ? 'Race' : 'race' } } ] } 1 .. 12);

is(scalar(grep { $_->status == 201 } @racing), 1, 'one of many gets an alias');
is(scalar(grep { $_->status == 422 } @racing), 11, 'the others are told');

my $named = team(alias => 'kept');
$crm->patch("/teams/$named", { active => $false });
$crm->problem_ok($crm->post('/teams', { name => 'A', alias => 'kept' }), 422,
                 'validation', [['alias', 'taken']],
                 'an archived team keeps its alias');
$crm->patch("/teams/$named", { alias => undef });
is($crm->post('/teams', { name => 'A', alias => 'kept' })->status, 201,
   'until it is cleared');

# ---- the team of a record -------------------------------------------------

my $member = $crm->user;
my $leader = $crm->user;
my $late   = team(name => 'Late', sequence => 900,
                  member_ids => [ $member->id ]);
my $early  = team(name => 'Early', sequence => 800,
                  member_ids => [ $member->id ], user_id => $leader->id);

is(lead($crm)->{team_id}, $sales, 'of who is in none: the first team');
is(lead($member)->{team_id}, $early, 'of a member: the first of theirs');
is(lead($leader)->{team_id}, $early, 'of a leader');
is(lead($crm, user_id => $member->id)->{team_id}, $early,
   'by the user, not by who creates');
is(lead($member, user_id => undef)->{team_id}, $sales,
   'nobody is in no team');
is(lead($member, team_id => $late)->{team_id}, $late, 'or as told');

$crm->patch("/teams/$early", { active => $false });
is(lead($member)->{team_id}, $late, 'an archived team gets no more');
is(lead($leader)->{team_id}, $sales, 'nor by its leader');

# ---- own stages -----------------------------------------------------------

my $first = $crm->post('/stages', { name => 'Late first', sequence => 1,
                                    team_id => $late })->json->{id};
my $new   = $crm->get('/stages?team_id=none')->json->{data}[0]{id};
my $moved = lead($member);

is($moved->{stage_id}, $first, 'a team\'s own stage is its first');
is(lead($crm)->{stage_id}, $new, 'but nobody else\'s');
$crm->problem_ok($crm->post('/leads', { name => 'x', team_id => $sales,
                                        stage_id => $first }),
                 422, 'validation', [['stage_id', 'invalid']]);
is_deeply([ map { $_->{stage}{id} }
            @{ $crm->get("/board?team_id=$late")->json->{columns} } ],
          [ $first, @{ ids($crm->get('/stages?team_id=none')) } ],
          'its board begins with it');

my $res = $crm->patch("/leads/$moved->{id}", { team_id => $sales });
is_deeply(pick($res->json, qw(team_id stage_id)),
          { team_id => $sales, stage_id => $new },
          'a stage that does not fit is left');
$crm->patch("/leads/$moved->{id}", { stage_id => $new, team_id => $late });
is($crm->get("/leads/$moved->{id}")->json->{stage_id}, $new,
   'a shared one stays');

# ---- archived -------------------------------------------------------------

$crm->patch("/teams/$late", { active => $false });
is($crm->get("/leads/$moved->{id}")->json->{team_id}, $late,
   'its records stay');
is(scalar @{ $crm->get("/board?team_id=$late")->json->{columns} }, 5,
   'and its board');
ok(!(grep { $_->{team}{id} == $late }
     @{ $crm->get('/teams/dashboard')->json->{data} }), 'its card leaves');
$res = $crm->delete("/teams/$late");
$crm->problem_ok($res, 409, 'in_use');
is_deeply([ sort keys %{ $res->json->{counts} } ], [qw(leads stages)],
          'it is not deleted while others refer to it');
$crm->problem_ok($member->patch("/teams/$late", { name => 'Mine' }), 403,
                 'forbidden');
is($member->get("/teams/$late")->json->{name}, 'Late',
   'everybody reads teams');

$crm->check_clean;

done_testing;
