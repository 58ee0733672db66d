# The last commit of a job, and what others write between it and what the job
# has read before.

use utf8;
use CRM::Proxy;
use CRM::Test;

my $server = CRM::Test->private(workers => 1);
my $redis  = $server->dir . '/redis';

# the commit that ends a merge of lost reasons: nobody has the reason, and it
# goes
my $proxy  = CRM::Proxy->new(listen   => "$redis/proxy.sock",
                             upstream => "$redis/redis.sock",
                             hold     => qr/FCALL(?=.*conf:lost_reason)
                                            (?=.*HDEL)
                                            .*count:lost_reason/sx);

$server->write('nginx.conf', $server->nginx_conf
                             =~ s{redis/redis\.sock}{redis/proxy.sock}r);
$server->reload;
$server->wait_ready;

my $crm    = CRM::Test->tenant(server => $server);
my $lead   = $crm->post('/leads', { name => 'Late' })->json->{id};
my $reason = $crm->post('/lost-reasons', { name => 'Gone' })->json->{id};

$proxy->arm;

my $job = $crm->post("/lost-reasons/$reason/merge", { into_id => 1 });
$crm->status_ok($job, 202);
ok($proxy->held(10), 'the job is about to end');

$crm->status_ok($crm->post("/leads/$lead/lost",
                           { lost_reason_id => $reason }),
                200, 'somebody names the reason meanwhile');
$proxy->release;

is(eval { $crm->wait_job($job, seconds => 20)->json->{state} }, 'done',
   'the job goes on and ends');
is($crm->get("/leads/$lead")->json->{lost_reason_id}, 1,
   'the lead has the other reason');
$crm->status_ok($crm->get("/lost-reasons/$reason"), 404);
$crm->check_clean;

done_testing;
