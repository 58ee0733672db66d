# Many at once on the same records, from two workers: nothing is planned or
# completed twice, and no summary is left behind.

use utf8;
use CRM::Test;

my $server = CRM::Test->private(workers => 2);
my $crm    = CRM::Test->tenant(server => $server);
my @leads  = map { $crm->post('/leads', { name => "L$_" })->json->{id} } 1, 2;

my @plans = map { [ 'POST', "/leads/$leads[$_ % 2]/activities",
                    { json => { type_id => 1, summary => "n$_",
                                due_date => sprintf('2026-11-%02d',
                                                    1 + $_ % 28) } } ] }
            1 .. 120;

my @answers = $crm->concurrently(@plans,
    [ 'POST', "/leads/$leads[0]/archive", { json => {} } ],
    [ 'PATCH', "/leads/$leads[1]", { json => { priority => 2 } } ]);
my @ids     = map { $_->json->{id} } grep { $_->status == 201 } @answers;
my %ids     = map { $_ => 1 } @ids;

is(scalar @ids, 120, 'all are planned');
is(scalar keys %ids, 120, 'each with an id of its own');
is($crm->get("/leads/$leads[1]")->json->{next_activity}{due_date},
   '2026-11-02', 'the lead knows the earliest');

@answers = $crm->concurrently(
    (map { my $id = $_; map { [ 'POST', "/activities/$id/done",
                                { json => { feedback => $_ } } ] } 'x', 'y' }
     @ids[0 .. 19]));

is(scalar(grep { $_->status == 200 } @answers), 20, 'each is done once');
is(scalar(grep { $_->status == 409 } @answers), 20, 'and not twice');

$crm->concurrently([ 'POST', "/leads/$leads[1]/lost", { json => {} } ],
                   map { [ 'POST', "/activities/$_/done", { json => {} } ] }
                   @ids[20 .. 39]);

is($crm->get("/leads/$leads[1]/activities?total=true")->json->{total}, 0,
   'a lost lead has no open ones');
$crm->check_clean;

done_testing;
