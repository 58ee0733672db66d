# The connection to Redis goes, or the time for another attempt is over: nobody
# is answered with what could not be looked at any more, nothing is written.

use CRM::Test;

my $server = CRM::Test->private(workers => 1, http => 'crm_deadline 500ms;');
my $crm = CRM::Test->tenant(server => $server);
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my $omid = $crm->user(name => 'Omid', role => 'salesperson');

my @ids = map {
    my $res = $crm->post('/leads', { name => "Secret $_",
                                     user_id => $omid->id });
    $crm->status_ok($res, 201);
    $res->json->{id};
} 1, 2;

$crm->status_ok($crm->post('/leads/merge', { ids => \@ids }), 200);

my %seen;
my $told = 0;

# a write that finds the function gone makes the connection stale; a reader's
# replies stand behind that answer

for (1 .. 40) {
    $server->redis('FUNCTION', 'FLUSH');

    my @answers = $sara->concurrently(map {
        $_ % 5 == 0 ? [ POST => '/leads', { json => { name => 'x' } } ]
                    : [ GET => "/leads/$ids[1]" . ($_ % 2 ? '' : '/messages') ]
    } 1 .. 60);

    for my $n (0 .. $#answers) {
        next if ($n + 1) % 5 == 0;

        my $res = $answers[$n];

        $seen{ $res->status }++;
        $told++ if $res->body =~ /Secret/ || ($res->header('Location') // '');
    }
}

diag(join ', ', map { "$_: $seen{$_}" } sort keys %seen);
cmp_ok($seen{503} // 0, '>', 0, 'some are refused');
cmp_ok($seen{404} // 0, '>', 0, 'some are answered');
is_deeply([ grep { !/^(?:404|503)\z/ } sort keys %seen ], [],
          'none is answered with what was not looked at');
is($told, 0, 'nothing is told of what is hidden');

# the last of them may have left a stale connection behind
$server->wait_ready;

# the record of an activity is another one at each attempt, until there is no
# time for one more

my $lead = $crm->post('/leads', { name => 'x' })->json->{id};
my $act  = $crm->post("/leads/$lead/activities", { type_id => 4 })->json;

$crm->redis('HSET', "{}lead:$lead", 'merged', $ids[0]);

for my $case ([ PATCH => '', { summary => 'Too late' } ],
              [ POST => '/done', {} ], [ POST => '/cancel', {} ])
{
    my ($method, $action, $body) = @$case;

    $crm->problem_ok($crm->req($method, "/activities/$act->{id}$action",
                               { json => $body }), 503, 'busy');
}

$crm->redis('HDEL', "{}lead:$lead", 'merged');
is_deeply($crm->get("/activities/$act->{id}")->json, $act, 'as it was');

$crm->check_clean;
done_testing;
