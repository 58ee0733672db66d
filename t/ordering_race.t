# Somebody moves cards while another move makes room beside them: neither of
# them is taken back.

use utf8;
use CRM::Client;
use CRM::Proxy;
use CRM::Test;
use CRM::Util qw(ids);
use POSIX ();

my $server = CRM::Test->private(workers => 1);
my $redis  = $server->dir . '/redis';

# another nginx over the same Redis, which waits once while it reads the cards
# that are to get other places
my $proxy = CRM::Proxy->new(listen   => "$redis/proxy.sock",
                            upstream => "$redis/redis.sock",
                            hold     => qr/(?:HGETALL.*?:lead:.*?){8}/s);
my $slow  = CRM::Test->private(workers => 1, no_start => 1);

$slow->write('nginx.conf', $slow->nginx_conf
                           =~ s{unix:\S+/redis\.sock}{unix:$redis/proxy.sock}r);
$slow->start_nginx;
$slow->wait_ready;

my $crm     = CRM::Test->tenant(server => $server);
my $through = CRM::Client->new(server => $slow, slug => $crm->slug,
                               token => $crm->token);
my $stage   = $crm->post('/stages', { name => 'Column', sequence => 7 })
              ->json->{id};

# moved there together they have the same rank, so that there is no room
my @cards = map { $_->{id} } @{ $crm->post('/leads/batch', { operations => [
    map { { op => 'create', body => { name => "Card $_" } } } 1 .. 12 ] })
    ->json->{results} };
my $late  = $crm->post('/leads', { name => 'Late' })->json->{id};

$crm->bulk('move', \@cards, { stage_id => $stage });


sub order {
    return ids($crm->get('/leads', query => {
        stage_id => $stage, sort => 'position', limit => 100 }));
}


@cards = @{ order() };
$proxy->arm;

my $pid = fork // die "fork: $!\n";

if ($pid == 0) {
    my $res = $through->post("/leads/$late/move", {
        stage_id => $stage, before_id => $cards[10] });
    POSIX::_exit($res->status == 200 ? 0 : 1);
}

ok($proxy->held(10), 'about to make room');
$crm->status_ok($crm->post("/leads/$cards[$_]/move", { stage_id => $stage }),
                200) for 3 .. 5;
$proxy->release;
waitpid $pid, 0;
is($?, 0, 'moved, too');

is_deeply(order(), [ @cards[ 5, 4, 3, 0 .. 2, 6 .. 9 ], $late,
                     @cards[ 10, 11 ] ], 'all of them are where they went');
$crm->check_clean;

done_testing;
