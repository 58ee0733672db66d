# How much of an object is shown: fields and include, on lists and on single
# objects; and the parameters that there are not.

use utf8;
use CRM::Test;
use CRM::Util qw(ids);

my $crm   = CRM::Test->tenant;
my $sales = $crm->user(name => 'Sara', role => 'salesperson');

my $team  = $crm->post('/teams', { name => 'West', user_id => $sales->id })
                ->json->{id};
my $stage = $crm->post('/stages', { name => 'Own', team_id => $team })
                ->json->{id};


# ---- configuration --------------------------------------------------------

my $res = $crm->get("/stages/$stage?include=team&fields=name");

is_deeply([ sort keys %{ $res->json } ], [ 'id', 'name', 'team' ],
          'one stage: fields and include');
is_deeply($res->json->{team}, $crm->get("/teams/$team")->json,
          'the whole team');
like($res->header('ETag'), qr/^"1-[0-9a-f]{16}"\z/,
     'the ETag knows what is included');

$crm->patch("/teams/$team", { name => 'East' });
isnt($crm->get("/stages/$stage?include=team")->header('ETag'),
     $res->header('ETag'), '... and when it changes');
is($crm->get("/stages/$stage")->header('ETag'), '"1"', 'without: the version');

is($crm->get('/stages/1?include=team')->json->{team}, undef, 'no team');
is_deeply($sales->get("/teams/$team?include=user,members&fields=name")->json,
          { id => $team, name => 'East', members => [],
            user => { id => $sales->id, name => 'Sara', active => 1 } },
          'a salesperson sees of users what a picker needs');
is_deeply($crm->get('/lost-reasons/1?fields=used')->json,
          { id => 1, used => 0 }, 'a lost reason');
is_deeply($crm->get('/settings?fields=currency')->json,
          { id => 1, currency => 'EUR' }, 'settings');

$crm->problem_ok($crm->get("/stages/1?$_"), 400, 'invalid_parameter', undef,
                 "$_: 400")
    for 'fields=nope', 'include=user', 'include=';
$crm->problem_ok($sales->get('/users/1?fields=email'), 400,
                 'invalid_parameter', undef, 'what is hidden is not there');


# ---- the lead of an activity ----------------------------------------------

my $own = $crm->post('/leads', { name => 'Own', user_id => $sales->id })
              ->json->{id};
my $far = $crm->post('/leads', { name => 'Far' })->json->{id};
my ($on_own, $on_far) = map {
    $crm->post("/leads/$_/activities", { type_id => 1,
                                         user_id => $sales->id })->json->{id}
} $own, $far;
my $contact = $crm->post('/contacts', { name => 'Ali' })->json->{id};
my $on_contact = $crm->post("/contacts/$contact/activities",
                            { type_id => 1, user_id => $sales->id })
                     ->json->{id};

is_deeply($crm->get("/activities/$on_far?include=lead")->json->{lead},
          $crm->get("/leads/$far")->json, 'include=lead: as GET /leads/{id}');
is($crm->get("/activities/$on_far?include=lead")->json->{lead}{activity_state},
   'today', '... with what it shows of the moment');
is_deeply([ map { [ $_->{id}, $_->{lead}{id}, $_->{contact}{id} ] }
            @{ $crm->get('/activities?include=lead,contact,user,type')
                   ->json->{data} } ],
          [ [ $on_own, $own, undef ], [ $on_far, $far, undef ],
            [ $on_contact, undef, $contact ] ], 'in a list');
is_deeply([ map { [ $_->{id}, $_->{lead}{id} ] }
            @{ $sales->get('/activities?include=lead&user_id=me')
                   ->json->{data} } ],
          [ [ $on_own, $own ], [ $on_far, undef ], [ $on_contact, undef ] ],
          'a lead that the caller may not see is null');
is($sales->get("/activities/$on_far?include=lead")->json->{lead}, undef,
   '... also of one activity');
$crm->problem_ok($crm->get("/leads/$own/messages?include=lead"), 400,
                 'invalid_parameter', undef, 'a message has none beside it');


# ---- parameters that there are not ----------------------------------------

my %nearest = (
    '/leads?limt=1'            => 'limit',
    '/leads?foo=1'             => qr/[a-z_]+/,
    '/leads?lost=1'            => 'sort',
    '/leads/1?field=name'      => 'fields',
    '/stages/1?inclde=team'    => 'include',
    '/users?q=ann'             => 'id',
    '/users?qq=ann'            => 'id',
    '/board?teams=1'           => 'team_id',
    '/activities/summary?x=1'  => 'user_id',
);

for my $path (sort keys %nearest) {
    $res = $crm->get($path);

    $crm->problem_ok($res, 400, 'unknown_parameter', undef, "$path: 400");
    like($res->json->{detail}, qr/the nearest one is "$nearest{$path}"/,
         '... names the nearest');
}

unlike($crm->get('/users?q=ann')->json->{detail}, qr/is "q"/,
       'not what it is itself');
$crm->problem_ok($crm->get('/openapi.json?x=1'), 400, 'unknown_parameter',
                 undef, 'the document has none');

$crm->check_clean;
done_testing;
