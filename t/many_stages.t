# More stages than are asked for, or merged, at once: teams with stages of
# their own have as many.

use utf8;
use CRM::Test;
use CRM::Util qw(ids);

my $crm = CRM::Test->tenant;
my $team = $crm->post('/teams', { name => 'Own' })->json->{id};
my ($plain, $won);

for my $n (1 .. 130) {
    my $res = $crm->post('/stages', {
        name => "Stage $n", sequence => 100 + $n, team_id => $team,
        is_won => $n > 100 && $n < 115 || $n == 130 ? \1 : \0,
    });
    die $res->describe if $res->status != 201;

    $plain = $res->json->{id} if $n == 129;
    $won   = $res->json->{id} if $n == 130;
}

my @leads = map {
    $crm->post('/leads', { name => "Lead $_", team_id => $team,
                           stage_id => $plain })->json->{id}
} 1 .. 3;

for my $lead (@leads) {
    my $res = $crm->post("/leads/$lead/won");

    $crm->status_ok($res, 200, 'won');
    is($res->json->{stage_id}, $won, 'the last of the won stages');
}

is_deeply(ids($crm->get('/leads', query => {
              stage_id => $won, sort => 'position' })),
          [ reverse @leads ], 'each at the top of its column');

my $first = $crm->post('/leads', { name => 'First' })->json->{id};
my $second = $crm->post('/leads', { name => 'Second', team_id => $team,
                                    stage_id => $plain })->json->{id};

$crm->post("/leads/$first/activities", { type_id => 1,
                                         due_date => '2030-01-02' });
$crm->post("/leads/$second/activities", { type_id => 1,
                                          due_date => '2030-01-01' });

my %query = (sort => 'next_activity');

$crm->status_ok($crm->get('/leads', query => { %query, limit => 2 }), 200,
                'by next activity over all stages');
is_deeply(ids($crm->get('/leads', query => { %query, limit => 2 })),
          [ $second, $first ], 'in order');
is_deeply(ids($crm->get('/leads', query => { %query, user_id => 'me' })),
          [ $second, $first, @leads ], 'of mine');
is_deeply(ids($crm->get('/leads', query => {
              %query, activity_state => 'planned', total => 'true' })),
          [ $second, $first ], 'of one state');

my $sara = $crm->user;
is_deeply(ids($sara->get('/leads', query => \%query)), [],
          'nothing of that is hers');

$crm->check_clean;

done_testing;
