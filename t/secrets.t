# Secrets are in no log: neither ours at any level, nor nginx's lines about a
# request that carries one.  At level debug nginx itself writes all that it
# reads before any module is asked; those lines, and no others, are left out.

use utf8;
use CRM::Test;

my $dir = CRM::Server->new(no_start => 1);      # a place for the password
my $password = 'redis-password-of-the-tests';

my $FORMAT = '$request|$request_uri|$args|$uri';

$dir->write('redis.password', "$password\n");

my $server = CRM::Test->private(
    no_start  => 1,
    key       => 'operator-key-that-nobody-reads',
    redis     => "user crm on >$password ~* &* +\@all\n",
    crm_redis => "user=crm password_file=$dir->{dir}/redis.password",
    http      => 'limit_req_zone $crm_tenant zone=feeds:1m rate=1r/m;',
    server    => 'listen unix:H2.sock http2;',
    location  => 'limit_req zone=feeds burst=1000 nodelay;
                  limit_req_log_level warn;',
);

$server->write('nginx.conf', $server->nginx_conf
               =~ s/error\.log info/error.log debug/r
               =~ s{H2.sock}{$server->{dir}/redis/h2.sock}r
               =~ s/(access_log \S+) test;/log_format all '$FORMAT'; $1 all;/r);
$server->start;

my $crm = CRM::Test->tenant(server => $server);

my %secret = (
    "the operator's key"    => $server->key,
    "Redis' password"       => $password,
    "the admin's token"     => $crm->token,
);

# used rightly, wrongly, and where they do not belong

my $user = $crm->user(name => 'User');

$secret{"a user's token"} = $user->token;
$secret{'a token replayed'} = $crm->post(
    '/users/' . $user->id . '/tokens', { name => 'x' },
    headers => { 'Idempotency-Key' => 'k' })->json->{token};
$secret{'the calendar token'} = $user->post('/me/calendar-token')
                                     ->json->{token};
$secret{'a wrong token'} = 'wrong-token-' . 'w' x 40;
$secret{'a wrong calendar token'} = 'wrong-feed-' . 'f' x 40;

sub feed {
    my ($token, %options) = @_;

    return $crm->get($options{path} // '/calendar.ics', token => undef,
                     query => { token => $token }, %options);
}

$crm->status_ok($user->get('/leads', headers => { 'X-Request-Id' => 'r' }),
                200);
$crm->status_ok($user->get('/leads', token => $secret{'a wrong token'}), 401);
$crm->status_ok($user->get('/nothing'), 404);
$crm->status_ok($user->post('/leads', undef, raw => '{'), 400);
$crm->status_ok($crm->operator('GET', '/tenants'), 200);
$crm->status_ok($crm->operator('GET', '/tenants', undef,
                               token => $secret{'a wrong token'}), 401);

my $good = $secret{'the calendar token'};

$crm->status_ok(feed($good), 200, 'the feed');
$crm->status_ok(feed($good, headers => { 'If-None-Match' => '*' }), 304,
                'unchanged');
$crm->status_ok($crm->head('/calendar.ics', token => undef,
                           query => { token => $good }), 200, 'HEAD');
$crm->status_ok($crm->get("/calendar.ics?%74oken=$good", token => undef), 200,
                'an encoded name');
$crm->status_ok($crm->get("/calendar.ics?a=b&token=$good", token => undef),
                400, 'beside another parameter');
$crm->status_ok(feed($secret{'a wrong calendar token'}), 401, 'a wrong one');
$crm->status_ok($crm->post("/calendar.ics?token=$good", {}, token => undef),
                401, 'another method');

# HTTP/2 has its own copy of the request line

my $h2 = 'http://' . $crm->slug . ".localhost/crm/v1/calendar.ics?token=$good";

is(qx(curl -s -o /dev/null -w '%{http_version} %{http_code}' \\
      --http2-prior-knowledge --unix-socket $server->{dir}/redis/h2.sock '$h2'),
   '2 200', 'HTTP/2');

# a client that leaves while Redis hangs, a store that is not there

$server->pause_redis;
$server->raw("GET /crm/v1/calendar.ics?token=$good HTTP/1.1\r\nHost: "
             . $crm->slug . ".localhost\r\n\r\n", 0.2);
$server->resume_redis;
$server->stop_redis;
$crm->status_ok(feed($good), 503, 'Redis is gone');
$crm->status_ok($user->get('/me'), 503);
$server->start_redis;
$server->wait_ready;

# and what another module refuses

my $limited = 0;

for (1 .. 1100) {
    $limited = feed($good)->status if $limited != 503;
    last if $limited == 503;
}

is($limited, 503, 'limit_req refuses');

my $log = $server->error_log;

like($log, qr/limiting requests, excess.*calendar\.ics\?token=--/,
     'nginx says so without the token');


# ---- the logs ------------------------------------------------------------

# what nginx writes before it asks a module
my $CORE = qr/\[debug\] .* (?:
    http\ header:\ "Authorization: | http2\ header:\ ":path: |
    http2?\ request\ line:\ " | http\ args:\ "token | http\ args:\ "%74oken |
    http\ args:\ "a=b )/x;

my %text = (
    'error.log'  => join("\n", grep { !/$CORE/ } split /\n/, $log),
    'access.log' => CRM::Server::slurp($server->dir . '/access.log'),
    'redis.log'  => CRM::Server::slurp($server->dir . '/redis/redis.log'),
);

like($text{'access.log'}, qr{GET /crm/v1/calendar\.ics\?token=-+ HTTP/1\.1\|},
     'the access log has the request');

for my $file (sort keys %text) {
    for my $name (sort keys %secret) {
        my @lines = grep { index($_, $secret{$name}) >= 0 }
                    split /\n/, $text{$file};

        is(scalar @lines, 0, "$file: without $name")
            || diag(map { substr($_, 0, 200) . "\n" } @lines[0 .. 2]);
    }
}

$crm->check_clean;
done_testing;
