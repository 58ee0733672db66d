# Cards while records move: every one is that of one moment, whatever is
# written beside it.  Redis hears of all workers in turns, a few bytes of each.

use utf8;
use CRM::Proxy;
use CRM::Test;
use List::Util qw(sum0);
use POSIX qw(strftime);

my $server = CRM::Test->private(workers => 2);
my $redis  = $server->dir . '/redis';
my $proxy  = CRM::Proxy->new(listen   => "$redis/proxy.sock",
                             upstream => "$redis/redis.sock", piece => 60);

$server->write('nginx.conf', $server->nginx_conf
                             =~ s{redis/redis\.sock}{redis/proxy.sock}r);
$server->reload;
$server->wait_ready;

my $crm = CRM::Test->tenant(server => $server);

for (2 .. 3) {
    my $res = $crm->post('/teams', { name => "Team $_" });
    die $res->describe if $res->status != 201;
}

# all of them are over, in spans of their own
my @days = ('1969-01-01', '1999-12-31', map {
    strftime('%Y-%m-%d', gmtime(time - 86400 * $_)) } 1, 2, 9, 65, 130);

my $res = $crm->post('/leads/batch', { operations => [ map { {
    op => 'create', body => {
        name => "L$_", team_id => 1 + $_ % 3, expected_revenue => 1 + $_ % 3,
        expected_close => $days[ $_ % @days ] } } } 1 .. 24 ] });
is($res->json->{failed}, 0, 'eight leads in each team');

for my $round (1 .. 8) {
    my @answers = $crm->concurrently(map {
        my @moves = map { [ 'PATCH', '/leads/' . (1 + int rand 24),
                            { json => { expected_close
                                            => $days[ rand @days ] } } ] }
                    1 .. 6;
        (@moves, ([ 'GET', '/teams/dashboard' ]) x 2)
    } 1 .. 20);

    my @wrong = grep {
        $_->{overdue_opportunities}{count} != 8
        || $_->{overdue_opportunities}{expected_revenue}
           != 8 * $_->{team}{id}
    } map { @{ $_->json->{data} } } grep { $_->json->{data} } @answers;

    is_deeply(\@wrong, [], "round $round: none is lost or counted twice");
}

$crm->check_clean;

done_testing;
