# Activity plans: the list of objects as a field, and launching them.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

my $crm = CRM::Test->tenant(timezone => 'Asia/Tehran');
my $ann = $crm->user;

my %type = map { $_->{name} => $_->{id} }
           @{ $crm->get('/activity-types')->json->{data} };


# ---- the plan ------------------------------------------------------------

my $step = { delay_count => 0, delay_unit => 'days', when => 'after',
             user_id => undef };

my $res = $crm->post('/activity-plans', { name => 'آشنایی', steps => [
    { type_id => $type{Call} },
    { type_id => $type{Email}, delay_count => 2, user_id => $ann->id },
    { type_id => $type{Meeting}, delay_count => 1, delay_unit => 'months',
      when => 'before', user_id => undef },
] });
my $plan = $res->json;

$crm->status_ok($res, 201);
is($res->header('Location'), "/crm/v1/activity-plans/$plan->{id}",
   'Location');
is_deeply([ sort keys %$plan ],
          [ sort qw(id version created_at updated_at name steps active) ],
          'members');
is_deeply($plan->{steps}, [
    { %$step, type_id => $type{Call} },
    { %$step, type_id => $type{Email}, delay_count => 2,
      user_id => $ann->id },
    { %$step, type_id => $type{Meeting}, delay_count => 1,
      delay_unit => 'months', when => 'before' },
], 'steps with their defaults');
is_deeply($crm->get("/activity-plans/$plan->{id}")->json, $plan, 'GET');
is_deeply($crm->get('/activity-plans')->json->{data}, [$plan], 'list');

$crm->problem_ok($crm->post('/activity-plans', $_->[0]), 422, 'validation',
                 $_->[1])
    for [ {}, [[ 'name', 'required' ], [ 'steps', 'required' ]] ],
        [ { name => 'x', steps => [] }, [[ 'steps', 'required' ]] ],
        [ { name => 'x', steps => {} }, [[ 'steps', 'invalid' ]] ],
        [ { name => 'x', steps => [ 1, { type_id => $type{Call} }, {} ] },
          [[ 'steps[0]', 'invalid' ], [ 'steps[2].type_id', 'required' ]] ],
        [ { name => 'x', steps => [{ type_id => 999, user_id => 999 }] },
          [[ 'steps[0].type_id', 'not_found' ],
           [ 'steps[0].user_id', 'not_found' ]] ],
        [ { name => 'x', steps => [{ type_id => $type{Call},
                                     delay_count => -1, delay_unit => 'years',
                                     when => 'now', due => 1 }] },
          [[ 'steps[0].delay_count', 'invalid' ],
           [ 'steps[0].delay_unit', 'invalid' ],
           [ 'steps[0].when', 'invalid' ],
           [ 'steps[0].due', 'unknown_field' ]] ],
        [ { name => 'x', steps => [ ({ type_id => $type{Call} }) x 101 ] },
          [[ 'steps', 'too_long' ]] ];

$res = $crm->patch("/activity-plans/$plan->{id}",
                   { steps => $plan->{steps}, name => $plan->{name} });
is($res->json->{version}, 1, 'the same again is no change');

my $other = $crm->post('/activity-plans', {
    name => 'Other', steps => [{ type_id => $type{'To do'} }] })->json;

$res = $crm->patch("/activity-plans/$other->{id}",
                   { steps => [{ type_id => $type{Call},
                                 delay_unit => 'weeks' }] });
is($res->json->{version}, 2, 'a step changed');
is_deeply($res->json->{steps}, [{ %$step, type_id => $type{Call},
                                  delay_unit => 'weeks' }], 'as a whole');
$crm->problem_ok($crm->patch("/activity-plans/$other->{id}",
                             { steps => undef }),
                 422, 'validation', [[ 'steps', 'required' ]]);

$crm->problem_ok($ann->post('/activity-plans', {}), 403, 'forbidden');
$crm->status_ok($ann->get('/activity-plans'), 200);

$res = $crm->delete("/activity-types/$type{Meeting}");
$crm->problem_ok($res, 409, 'in_use');
is_deeply($res->json->{counts}, { activity_plans => 1 },
          'a plan refers to the type');

$crm->status_ok($crm->delete("/activity-plans/$other->{id}"), 204);
$crm->problem_ok($crm->get("/activity-plans/$other->{id}"), 404, 'not_found');


# ---- launched ------------------------------------------------------------

my $lead = $crm->post('/leads', { name => 'Spring' })->json;
my $at   = "/leads/$lead->{id}/activity-plans/$plan->{id}";

$res = $crm->post($at, { date => '2027-03-31' });
$crm->status_ok($res, 201);

my $made = $res->json->{data};

is_deeply([ map { pick($_, qw(type_id due_date user_id lead_id state
                              version)) } @$made ], [
    { type_id => $type{Call}, due_date => '2027-03-31', user_id => $crm->id,
      lead_id => $lead->{id}, state => 'planned', version => 1 },
    { type_id => $type{Email}, due_date => '2027-04-02',
      user_id => $ann->id, lead_id => $lead->{id}, state => 'planned',
      version => 1 },
    { type_id => $type{Meeting}, due_date => '2027-02-28',
      user_id => $crm->id, lead_id => $lead->{id}, state => 'planned',
      version => 1 },
], 'an activity for each step');

$res = $crm->get("/leads/$lead->{id}")->json;
is($res->{activity_state}, 'planned', 'the lead has them');
is($res->{next_activity}{due_date}, '2027-02-28', 'the earliest is next');
is($res->{version}, 1, 'it is no change of the lead');
is_deeply([ sort { $a <=> $b } @{ ids($crm->get(
                "/leads/$lead->{id}/activities")) } ],
          [ sort { $a <=> $b } map { $_->{id} } @$made ], 'listed');

$res = $crm->post($at, { date => '2027-03-31', user_id => $ann->id });
is_deeply([ map { $_->{user_id} } @{ $res->json->{data} } ],
          [ ($ann->id) x 3 ], 'the user who was asked for');

$res = $crm->post($at, { user_id => undef });
is_deeply([ map { $_->{user_id} } @{ $res->json->{data} } ],
          [ undef, $ann->id, undef ], 'null: nobody, but for a step\'s own');

$crm->status_ok($crm->post($at), 201, 'today, by the caller');

for my $case ([ '0001-01-02', [ '0001-01-12', '0001-01-01' ] ],
              [ '9999-12-30', [ '9999-12-31', '9999-12-16' ] ])
{
    my ($date, $days) = @$case;
    my $far = $crm->post('/activity-plans', { name => 'Far', steps => [
        { type_id => $type{Call}, delay_count => 10 },
        { type_id => $type{Call}, delay_count => 2, delay_unit => 'weeks',
          when => 'before' } ] })->json->{id};
    my $on = $crm->post('/leads', { name => 'Far' })->json->{id};

    $res = $crm->post("/leads/$on/activity-plans/$far", { date => $date });
    is_deeply([ map { $_->{due_date} } @{ $res->json->{data} } ], $days,
              "no day before the first or after the last, from $date");
    is(@{ ids($crm->get("/leads/$on/activities")) }, 2, '... listed');
    $crm->status_ok($crm->delete("/activity-plans/$far"), 204);
}

for my $key ("plan-$$") {
    my @headers = (headers => { 'Idempotency-Key' => $key });
    my $one = $crm->post($at, { date => '2027-01-01' }, @headers)->json;
    my $two = $crm->post($at, { date => '2027-01-01' }, @headers);

    is($two->header('Idempotency-Replayed'), 'true', 'replayed');
    is_deeply($two->json, $one, 'the same activities');
}

$crm->problem_ok($crm->post($at, { date => '2027-02-30', user_id => 999,
                                   note => 'x' }),
                 422, 'validation', [[ 'date', 'invalid' ],
                                     [ 'user_id', 'not_found' ],
                                     [ 'note', 'unknown_field' ]]);
$crm->problem_ok($crm->post("/leads/999/activity-plans/$plan->{id}", {}),
                 404, 'not_found');
$crm->problem_ok($crm->post("/leads/$lead->{id}/activity-plans/999", {}),
                 404, 'not_found');
$crm->problem_ok($ann->post($at, {}), 404, 'not_found',
                 undef, "another's lead");
$crm->problem_ok($crm->post($at, {}, headers => { 'If-Match' => '"7"' }),
                 412, 'precondition_failed');

$crm->status_ok($crm->patch("/activity-plans/$plan->{id}",
                            { active => \0 }), 200);
$crm->problem_ok($crm->post($at, {}), 409, 'not_active');
is_deeply(ids($crm->get('/activity-plans')), [], 'archived');

$crm->check_clean;

done_testing;
