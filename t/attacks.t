# What an attacker sends: requests inside requests, connections that never
# finish, ten thousand guesses.

use utf8;
use CRM::Test;

use IO::Select;
use Time::HiRes qw(time);

my $server = CRM::Test->private(no_start => 1, location =>
                                'lingering_timeout 1s;');

$server->write('nginx.conf', $server->nginx_conf =~ s/_timeout 10s/_timeout 1s/gr);
$server->start;

my $crm    = CRM::Test->tenant(server => $server);
my $slug   = $crm->slug;
my $own    = $crm->post('/leads', { name => 'Own' })->json->{id};
my $slow   = CRM::Server->sanitized ? 5 : 1;


# ---- smuggling -----------------------------------------------------------

# Each holds a second request inside: it must never be answered as one of its
# own unless the protocol says that it is one.

my $head = "POST /crm/v1/leads HTTP/1.1\r\nHost: $slug.localhost\r\n"
         . "Authorization: Bearer " . $crm->token . "\r\n"
         . "Content-Type: application/json\r\n";
my $inner = "DELETE /crm/v1/leads/$own HTTP/1.1\r\nHost: $slug.localhost\r\n"
          . "Authorization: Bearer " . $crm->token . "\r\n\r\n";
my $len = length $inner;

my @shapes = (
    [ 'both lengths', "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
                      . "0\r\n\r\n$inner" ],
    [ 'both, the other way', "Transfer-Encoding: chunked\r\nContent-Length: "
                             . ($len + 5) . "\r\n\r\n0\r\n\r\n$inner" ],
    [ 'two lengths', "Content-Length: 0\r\nContent-Length: $len\r\n\r\n"
                     . $inner ],
    [ 'a list of lengths', "Content-Length: 0, $len\r\n\r\n$inner" ],
    [ 'a signed length', "Content-Length: +0\r\n\r\n$inner" ],
    [ 'a negative length', "Content-Length: -1\r\n\r\n$inner" ],
    [ 'a hexadecimal length', "Content-Length: 0x0\r\n\r\n$inner" ],
    [ 'a blank before the colon', "Content-Length : 0\r\n\r\n$inner" ],
    [ 'a folded header', "X: y\r\n Content-Length: 0\r\n\r\n$inner" ],
    [ 'an unknown coding', "Transfer-Encoding: xchunked\r\n\r\n$inner" ],
    [ 'two codings', "Transfer-Encoding: chunked, identity\r\n\r\n"
                     . "0\r\n\r\n$inner" ],
    [ 'the coding twice', "Transfer-Encoding: identity\r\n"
                          . "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                          . $inner ],
    [ 'a tab before the coding', "Transfer-Encoding:\x0bchunked\r\n\r\n"
                                 . "0\r\n\r\n$inner" ],
    [ 'a chunk size that overflows', "Transfer-Encoding: chunked\r\n\r\n"
                                     . "fffffffffffffffff0\r\n$inner" ],
    [ 'a negative chunk', "Transfer-Encoding: chunked\r\n\r\n-1\r\n$inner" ],
    [ 'a chunk without its end', "Transfer-Encoding: chunked\r\n\r\n1\r\nx"
                                 . "0\r\n\r\n$inner" ],
    [ 'NUL in a header name', "X\0: y\r\nContent-Length: 0\r\n\r\n$inner" ],
);

for my $shape (@shapes) {
    my ($name, $rest) = @$shape;
    my $answer = $server->raw("$head$rest", 3);
    my @statuses = $answer =~ m{HTTP/1\.[01] (\d{3})}g;

    unlike("@statuses", qr/\b20[04]\b/, "$name: @statuses");
    $crm->status_ok($crm->get("/leads/$own"), 200, 'the lead is still there');
}

# a body is never the next request

my $answer = $server->raw("GET /crm/v1/me HTTP/1.1\r\nHost: $slug.localhost"
    . "\r\nAuthorization: Bearer " . $crm->token
    . "\r\nContent-Length: $len\r\n\r\n$inner"
    . "GET /crm/v1/nothing HTTP/1.1\r\nHost: $slug.localhost\r\n"
    . "Authorization: Bearer " . $crm->token
    . "\r\nConnection: close\r\n\r\n");

is(join(' ', $answer =~ m{HTTP/1\.1 (\d{3})}g), '200 404',
   'the body of a GET is no request');
$crm->status_ok($crm->get("/leads/$own"), 200, 'nothing was deleted');


# ---- slowly --------------------------------------------------------------

# More connections than one worker has use for, each sending a byte now and
# then: the right ones are answered, the slow ones are ended.

my @held = map { $server->socket } 1 .. 300;
my $begun = time;

for my $n (0 .. $#held) {
    $held[$n]->syswrite($n % 2 ? "GET /crm/v1/me HTTP/1.1\r\nHost: x"
                               : "${head}Content-Length: 1000\r\n\r\n{");
}

my ($served, $worst) = (0, 0);

while (time - $begun < 1.5) {
    my $at = time;

    $served++ if $crm->get('/me')->status == 200;
    $worst = time - $at if time - $at > $worst;
    $held[ rand @held ]->syswrite('x') for 1 .. 10;
}

cmp_ok($served, '>', 10, "$served requests answered meanwhile");
cmp_ok($worst, '<', 1 * $slow, 'each at once');

my $open = () = grep { !ended($_) } @held;

is($open, 0, 'the slow ones are ended') || diag("$open of 300 are open");


sub ended {
    my ($socket) = @_;

    my $select = IO::Select->new($socket);
    my $end = time + 6 * $slow;

    while (time < $end && $select->can_read($end - time)) {
        my $n = sysread $socket, my $data, 65536;
        return 1 if !$n;
    }

    return 0;
}


# ---- guessing ------------------------------------------------------------

# Ten thousand wrong tokens leave nothing behind that right ones pay for: a
# right one is still proven by one look-up in the same write as its read.  What
# a second of them costs is measured by `make bench'.

sub commands_of {
    my ($client, $times) = @_;

    my $count = sub {
        my ($n) = $server->redis('INFO', 'stats')
                  =~ /total_commands_processed:(\d+)/;
        return $n;
    };
    my $before = $count->();

    $client->status_ok($client->get("/leads/$own"), 200) for 1 .. $times;

    return $count->() - $before - 1;
}

commands_of($crm, 20);                      # in memory in both workers
my $usual = commands_of($crm, 50);

my $refused = 0;

for my $round (1 .. 20) {
    my $many = join '', map {
        "GET /crm/v1/leads/$own HTTP/1.1\r\nHost: $slug.localhost\r\n"
        . "Authorization: Bearer guess-$round-$_-" . 'x' x 30 . "\r\n"
        . ($_ == 500 ? "Connection: close\r\n" : '') . "\r\n"
    } 1 .. 500;
    my $text = flood($many);

    $refused += () = $text =~ m{HTTP/1\.1 401 }g;
}

is($refused, 10_000, '10,000 wrong tokens are refused');
cmp_ok(commands_of($crm, 50), '<=', $usual + 10,
       'right ones cost Redis what they did');


# writes and reads at once, as the answers do not fit into a socket's buffer

sub flood {
    my ($bytes) = @_;

    my $socket = $server->socket;
    my $select = IO::Select->new($socket);
    my ($answer, $sent) = ('', 0);
    my $end = time + 30;

    $socket->blocking(0);
    local $SIG{PIPE} = 'IGNORE';

    while (time < $end) {
        my ($r, $w) = IO::Select->select($select,
                          $sent < length $bytes ? $select : undef, undef, 5);

        $sent += syswrite($socket, $bytes, 65536, $sent) // 0 if $w && @$w;

        if ($r && @$r) {
            my $n = sysread $socket, $answer, 65536, length $answer;
            last if defined $n && $n == 0;
        }
    }

    return $answer;
}

$crm->check_clean;
done_testing;
