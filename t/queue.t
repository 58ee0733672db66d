# A queue of commands that takes longer than the time-out of crm_redis, while
# answers come: no connection is given up.  Redis hears a few bytes at a time.

use CRM::Proxy;
use CRM::Test;
use Time::HiRes qw(time);

my $TIMEOUT = 0.2;
my $WRITERS = 60;

my $server = CRM::Test->private(workers => 1);
my $redis  = $server->dir . '/redis';
my $crm    = CRM::Test->tenant(server => $server);
my $proxy  = CRM::Proxy->new(listen   => "$redis/proxy.sock",
                             upstream => "$redis/redis.sock", piece => 8);

$server->write('nginx.conf', $server->nginx_conf
    =~ s{redis/redis\.sock}{redis/proxy.sock timeout=${\ ($TIMEOUT * 1000)}ms}r);
$server->reload;
$server->wait_ready;

my $from    = time;
my @answers = $crm->concurrently(map {
    [ 'POST', '/leads', { json => { name => "Lead $_" } } ] } 1 .. $WRITERS);
my $took    = time - $from;
my %status;

$status{ $_->status }++ for @answers;

is_deeply(\%status, { 201 => $WRITERS }, 'every one is answered');
cmp_ok($took, '>', 2 * $TIMEOUT, 'over more time than one may take');

$crm->check_clean;
done_testing;
