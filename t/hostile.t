# What nobody means well by: bodies that are too large, too slow, too deep or
# cut off, addresses and headers with anything in them, pipelines, HTTP/2.
# Each has its clear answer, soon, and the next request is served.

use utf8;
use CRM::Test;
use CRM::Util qw(raw_parts whole);

use IO::Select;
use IO::Socket::INET;
use Mojo::JSON qw(decode_json);
use Time::HiRes qw(sleep time);

my $crm    = CRM::Test->tenant;
my $server = $crm->server;
my $slow   = CRM::Server->sanitized ? 5 : 1;

my $host = 'Host: ' . $crm->slug . ".localhost\r\n"
         . 'Authorization: Bearer ' . $crm->token . "\r\n";
my $json = "Content-Type: application/json\r\n";
my $end  = "Connection: close\r\n";


# a request over a plain socket: status, headers, body

sub raw {
    my ($bytes, $seconds) = @_;

    my $socket = $server->socket;

    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($bytes);

    return raw_parts(whole($socket, $seconds));
}


# how long something took, as a test

sub soon {
    my ($seconds, $name, $code) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $begun  = time;
    my @answer = $code->();

    cmp_ok(time - $begun, '<', $seconds * $slow, "$name: soon");

    return wantarray ? @answer : $answer[0];
}


sub chunked {
    my ($body, $size) = @_;

    my $out = '';

    for (my $n = 0; $n < length $body; $n += $size) {
        my $part = substr $body, $n, $size;
        $out .= sprintf("%x\r\n", length $part) . "$part\r\n";
    }

    return "${out}0\r\n\r\n";
}


sub total {
    return $crm->get('/leads', query => { total => 'true', limit => 1 })
           ->json->{total};
}


my $lead = $crm->post('/leads', { name => 'Lead' })->json->{id};


# ---- large bodies --------------------------------------------------------

my $padding = ' ' x 9_000_000;

is(soon(5, '10 MB', sub {
    (raw("POST /crm/v1/leads HTTP/1.1\r\n$host$json${end}Content-Length: "
         . (13 + length $padding) . "\r\n\r\n{\"name\":\"x\"}" . $padding))[0]
}), 413, '10 MB: 413');

my ($status, $headers, $body) = soon(5, '10 MB, chunked', sub {
    raw("POST /crm/v1/leads HTTP/1.1\r\n$host$json$end"
        . "Transfer-Encoding: chunked\r\n\r\n" . chunked($padding, 65_536))
});

is($status, 413, '10 MB, chunked: 413');
is($headers->{'content-type'}, 'application/problem+json', 'a problem');

my $res = $crm->post('/leads', undef, raw => '{"name":"x"' . ' ' x 200_000
                                             . '}');
$crm->status_ok($res, 201, 'a body in a temporary file');
$crm->delete('/leads/' . $res->json->{id});

$crm->problem_ok(soon(5, '7 MB', sub {
    $crm->post('/leads', undef, raw => '{"name":"x","description":"'
                                       . 'x' x 7_000_000 . '"}')
}), 422, 'validation', [[ 'description', 'too_long' ]], '7 MB of text');

$crm->problem_ok(soon(5, '7 MB of a key', sub {
    $crm->post('/leads', undef, raw => '{"' . 'k' x 7_000_000 . '":1}')
}), 422, 'validation', undef, '7 MB of a key');

my $long = $crm->post('/leads', undef, raw => '{"' . 'k' x 7_000_000
                                              . '":1}');
cmp_ok(length $long->body, '<', 100_000, 'which is not all sent back');

$crm->problem_ok(soon(2, 'depth a million', sub {
    $crm->post('/leads', undef, raw => '{"x":' . '[' x 1_000_000)
}), 400, 'malformed_json', undef, 'depth a million');

$crm->problem_ok(soon(2, 'objects in objects', sub {
    $crm->post('/leads', undef, raw => '{"x":' x 200_000 . '1'
                                       . '}' x 200_000)
}), 400, 'malformed_json', undef, 'objects in objects');

$res = soon(3, '100,000 unknown fields', sub {
    $crm->post('/leads', undef, raw => '{"name":"x"' . join('', map {
        ",\"f$_\":1" } 1 .. 100_000) . '}')
});
$crm->problem_ok($res, 422, 'validation', undef, '100,000 unknown fields');

$crm->problem_ok(soon(3, '150,000 ids', sub {
    $crm->post('/leads', undef, raw => '{"name":"x","tag_ids":['
                                       . join(',', 1 .. 150_000) . ']}')
}), 422, 'validation', undef, '150,000 ids');

# values that cost more memory and time than their bytes say

my %values = (
    'ids'     => '{"name":"x","tag_ids":[' . join(',', (1) x 3_900_000) . ']}',
    'objects' => '{"operations":[' . join(',', ('{}') x 2_600_000) . ']}',
    'strings' => '{"name":"x","tag_ids":[' . join(',', ('""') x 2_600_000)
                 . ']}',
    'fields'  => '{"name":"x"' . join('', map { ",\"$_\":1" } 1 .. 600_000)
                 . '}',
);

for my $values (sort keys %values) {
    my $path = $values eq 'objects' ? '/leads/batch' : '/leads';

    $crm->problem_ok(soon(1, "millions of $values", sub {
        $crm->post($path, undef, raw => $values{$values})
    }), 413, 'too_large', undef, "millions of $values");
}

$crm->problem_ok(soon(1, 'many numbers out of range', sub {
    $crm->post('/leads', undef, raw => '{"name":"x","tag_ids":['
        . join(',', (1) x 90_000, ('1e999', '9' x 30) x 40_000) . ']}')
}), 422, 'validation', undef, 'many numbers out of range');

$crm->problem_ok(soon(1, 'a long number', sub {
    $crm->post('/leads', undef, raw => '{"name":"x","expected_revenue":'
                                       . '9' x 5_000_000 . '}')
}), 422, 'validation', [[ 'expected_revenue', 'invalid' ]], 'a long number');

$crm->problem_ok($crm->post('/leads', undef,
                            raw => "\xef\xbb\xbf{\"name\":\"x\"}"), 400,
                 'malformed_json', undef, 'a byte order mark');
$crm->problem_ok($crm->post('/leads', undef,
                            raw => "{\0\"\0n\0a\0m\0e\0\"\0:\0\"\0x\0\"\0}\0"),
                 400, 'malformed_json', undef, 'UTF-16');
is($crm->post('/leads', undef, raw => "\x1f\x8b\x08\0\0\0\0\0",
              headers => { 'Content-Encoding' => 'gzip' })->status, 400,
   'a compressed body');


# ---- chunked, slow, cut off ----------------------------------------------

my $post = "POST /crm/v1/leads HTTP/1.1\r\n$host$json$end";
my $name = '{"name":"Chunked نام"}';

utf8::encode($name);

for my $size (1, 3, 1000) {
    ($status, undef, $body) = raw($post . "Transfer-Encoding: chunked\r\n\r\n"
                                  . chunked($name, $size));
    is($status, 201, "chunks of $size");
    is(eval { decode_json($body)->{name} }, 'Chunked نام', 'whole');
}

is((raw($post . "Transfer-Encoding: chunked\r\n\r\nzz\r\n$name\r\n0\r\n\r\n"))
   [0], 400, 'a chunk of length zz');
is((raw($post . "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
        . chunked($name, 100)))[0], 400, 'two kinds of length');
cmp_ok((raw($post . "Transfer-Encoding: gzip\r\n\r\n"))[0], '>=', 400,
       'an unknown coding');
like((raw($post . "Content-Length: -5\r\n\r\n"))[0], qr/^4/,
     'a negative length');

my $before = total();
my $socket = $server->socket;

$socket->syswrite($post . 'Content-Length: ' . length($name) . "\r\n\r\n");

for my $byte (split //, $name) {
    $socket->syswrite($byte);
    sleep 0.002;
}

is((raw_parts(CRM::Server::read_all($socket)))[0], 201, 'byte by byte');
is(total(), $before + 1, 'one lead');

for my $cut (0, 1, 10, length($name) - 1) {
    $socket = $server->socket;
    $socket->syswrite($post . 'Content-Length: ' . length($name) . "\r\n\r\n"
                      . substr $name, 0, $cut);
    close $socket;
}

$socket = $server->socket;
$socket->syswrite($post . "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"na");
close $socket;

($status, undef, $body)
    = raw("POST /crm/v1/leads HTTP/1.1\r\n$host${json}Expect: 100-continue\r\n"
          . "${end}Content-Length: 12\r\n\r\n{\"name\":\"x\"}");
is($status, 100, 'Expect: 100-continue');
like($body, qr{^HTTP/1\.1 201 }, 'and then 201');

is(total(), $before + 2, 'what was cut off left nothing');

my $impatient = CRM::Test->private(
    workers => 1, location => 'client_body_timeout 1s;',
    http => http2_server(my $h2_port = CRM::Server::free_port()),
);
my $other = CRM::Test->tenant(server => $impatient);

$socket = $impatient->socket;
$socket->syswrite("POST /crm/v1/leads HTTP/1.1\r\nHost: " . $other->slug
                  . ".localhost\r\nAuthorization: Bearer " . $other->token
                  . "\r\n${json}Content-Length: 12\r\n\r\n{\"na");

my ($late) = soon(5, 'a slow upload', sub {
    raw_parts(CRM::Server::read_all($socket, 10));
});

like($late, qr/^(?:0|408)\z/, 'is cut off');
is($other->get('/leads?total=true')->json->{total}, 0, 'and leaves nothing');


# ---- addresses -----------------------------------------------------------

sub get {
    my ($path, $host_name) = @_;

    my $who = $host_name // $crm->slug . '.localhost';

    return raw("GET $path HTTP/1.1\r\nHost: $who\r\n"
               . 'Authorization: Bearer ' . $crm->token . "\r\n$end\r\n");
}

for my $slug ('{', '}', 'a}b', '{' . $crm->slug . '}', $crm->slug . '}', '*',
              '?', '[a-z]*', 'crm:registry', $crm->slug . ':tenant',
              $crm->slug . '%00', 'a%0d%0ab', '%7b', "\xff", 'ن', 'A_B',
              $crm->slug . ' ', '..', '') {
    my $bytes = $slug;
    utf8::encode($bytes);
    my ($code, undef, $text) = get('/crm/v1/me', "$bytes.localhost");

    like($code, qr/^(?:400|404)\z/, "tenant '$slug'");
    unlike($text, qr/admin\@tests\.example/, 'nothing of anybody');
}

my %path = (
    "/leads/$lead"               => 200,
    "/leads/%3" . (split //, $lead)[0] . substr($lead, 1) => 200,
    "//leads//$lead"             => 200,
    "/stages/../leads/$lead"     => 200,
    "/./leads/$lead"             => 200,
    "/%6ceads/$lead"             => 200,
    "/leads/$lead%2F"            => 404,
    "/leads/$lead/"              => 404,
    "/leads/$lead%20"            => 404,
    "/leads/%20$lead"            => 404,
    "/leads/$lead%0d%0aSET"      => 404,
    "/leads/$lead%0a"            => 404,
    "/leads/$lead%7d"            => 404,
    "/leads/{$lead}"             => 404,
    "/leads/$lead;x"             => 404,
    "/leads/$lead%3Fx"           => 404,
    "/leads/0x1"                 => 404,
    "/leads/%DB%B1"              => 404,
    "/leads/$lead%ff"            => 404,
    "/leads/-$lead"              => 404,
    "/leads/18446744073709551617" => 404,
    "/leads/" . '1' x 8000       => 404,
    '/' . 'a/' x 4000            => 404,
    "/leads/$lead%00"            => 400,
    "/leads/%"                   => 400,
    "/leads/%2"                  => 400,
    "/leads/%g0"                 => 400,
    '/../../../etc/passwd'       => 400,
);

is((get("/crm/v1$_"))[0], $path{$_}, substr "$path{$_}: $_", 0, 60)
    for sort keys %path;

is((get('/crm/v1/%2e%2e/v1/me'))[0], 200, 'dots, escaped');
is((get('/crm/v11/me'))[0], 404, 'only like the prefix');
is((get('/crm/v1me'))[0], 404, 'the prefix and no slash');
is((get('/crm/v1#/me'))[0], 404, 'a fragment');


# ---- queries -------------------------------------------------------------

my %query = (
    ''                   => 200,
    '&'                  => 200,
    '&&&'                => 200,
    'limit=%31%30'       => 200,
    '%6cimit=10'         => 200,
    'limit=%DB%B1%DB%B0' => 200,
    'q=%D8%A8%D9%87'     => 200,
    'q=%ff%fe'           => 400,
    'q=%c0%af'           => 400,
    'q=a%00b'            => 400,
    '%ff=1'              => 400,
    '%00=1'              => 400,
    'limit'              => 400,
    'limit='             => 400,
    'limit=1e3'          => 400,
    'limit=99999999999999999999' => 400,
    'limit=%31%'         => 400,
    'limit=1%00'         => 400,
    '=x'                 => 400,
    'sort=%7b%7d'        => 400,
    'sort=rank'          => 400,
    'sort=name,id'       => 400,
    'fields=%00'         => 400,
    'stage_id=1;2'       => 400,
    'stage_id=1%0d%0a'   => 400,
    'id=-1'              => 400,
    'id=1,,2'            => 400,
    'cursor=AAAA'        => 400,
    'cursor=' . 'A' x 4000   => 400,
    'created_at_from=x'  => 400,
    'a&' x 4000          => 400,
    'q=' . 'ab+' x 4000  => '(?:200|400)',
    'id=' . join(',', (1) x 5000) => '(?:200|400)',
    'stage_id=' . join(',', 1 .. 2500) => '(?:200|400)',
);

for my $query (sort keys %query) {
    my ($code, $got) = soon(1, substr("?$query", 0, 40), sub {
        get("/crm/v1/leads?$query")
    });

    like($code, qr/^$query{$query}\z/, substr "$query{$query}: ?$query", 0, 50);
    is($got->{'content-type'}, 'application/problem+json', 'a problem')
        if $code == 400;
}


# ---- headers -------------------------------------------------------------

my $me = "GET /crm/v1/me HTTP/1.1\r\nHost: " . $crm->slug . ".localhost\r\n";

is((raw("$me${end}Authorization: Bearer x\0y\r\n\r\n"))[0], 400,
   'NUL in a header');
is((raw("$me${end}Authorization: Bearer " . 'x' x 15_000 . "\r\n\r\n"))[0],
   401, 'a token of 15,000 characters');
is((raw("$me${end}Authorization: Bearer \xff\xfe\r\n\r\n"))[0], 401,
   'a token that is no text');
like((raw("$me${end}Authorization: Bearer x\r\nAuthorization: Bearer "
          . $crm->token . "\r\n\r\n"))[0], qr/^(?:400|401)\z/,
     'two tokens, the first one bad');
like((raw("${me}Host: other.localhost\r\n${end}\r\n"))[0],
     qr/^(?:400|401)\z/, 'two hosts');
is((raw("GET /crm/v1/me HTTP/1.0\r\n\r\n"))[0], 404,
   'HTTP/1.0 without a host');

for my $value ('"' x 5000, '*,' x 5000, 'W/' x 5000, '"', ',', '""""',
               "\xff\xfe", '"1"' x 1000) {
    like((raw("GET /crm/v1/leads/$lead HTTP/1.1\r\n$host${end}"
              . "If-None-Match: $value\r\n\r\n"))[0], qr/^(?:200|304)\z/,
         'If-None-Match: ' . substr $value =~ s/[^ -~]/?/gr, 0, 20);
    like((raw("PATCH /crm/v1/leads/$lead HTTP/1.1\r\n$host$json${end}"
              . "Content-Length: 2\r\nIf-Match: $value\r\n\r\n{}"))[0],
         qr/^(?:200|400|412)\z/,
         'If-Match: ' . substr $value =~ s/[^ -~]/?/gr, 0, 20);
}

(undef, $headers) = raw("$me${end}X-Request-Id: a%0d%0aSet-Cookie: x=1"
                        . "\r\n\r\n");
is($headers->{'set-cookie'}, undef, 'no header out of a header');


# ---- one connection, many requests ---------------------------------------

my @wanted;
my $pipeline = '';

for my $n (1 .. 60) {
    my ($request, $expected) = @{ (
        [ "GET /crm/v1/leads/$lead HTTP/1.1\r\n$host\r\n", 200 ],
        [ "POST /crm/v1/leads HTTP/1.1\r\n$host${json}Content-Length: 14\r\n"
          . "\r\n{\"name\":\"p$n" . ('x' x (3 - length "p$n")) . "\"}", 201 ],
        [ "GET /crm/v1/me HTTP/1.1\r\nHost: x.localhost\r\n\r\n", 404 ],
        [ "GET /crm/v1/leads/999999 HTTP/1.1\r\n$host\r\n", 404 ],
        [ "PATCH /crm/v1/leads/$lead HTTP/1.1\r\n$host${json}"
          . "Content-Length: 3\r\n\r\n{} ", 200 ],
        [ "GET /crm/v1/me HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello",
          200 ],
    )[ $n % 6 ] };

    push @wanted, $expected;
    $pipeline .= $request;
}

push @wanted, 401;

my $stream = $server->raw("$pipeline$me$end\r\n", 10);
my @got    = $stream =~ m{HTTP/1\.1 (\d{3}) }mg;

is("@got", "@wanted", '61 requests in one piece, answers in order');

# HEAD, 204 and 304 on a connection that goes on

$socket = $server->socket;

my $etag = $crm->get("/leads/$lead")->header('ETag');
my $gone = $crm->post('/leads', { name => 'Gone' })->json->{id};

$socket->syswrite("HEAD /crm/v1/leads/$lead HTTP/1.1\r\n$host\r\n"
    . "GET /crm/v1/leads/$lead HTTP/1.1\r\n${host}If-None-Match: $etag\r\n\r\n"
    . "DELETE /crm/v1/leads/$gone HTTP/1.1\r\n${host}Content-Length: 4\r\n\r\n"
    . "bodyHEAD /crm/v1/nothing HTTP/1.1\r\n$host\r\n"
    . "GET /crm/v1/leads/$lead HTTP/1.1\r\n$host$end\r\n");
$stream = CRM::Server::read_all($socket);
@got    = $stream =~ m{HTTP/1\.1 (\d{3}) }mg;
is("@got", '200 304 204 404 200', 'answers without a body in between');
like($stream, qr/\{"id":$lead,.*\}\z/s, 'and the last one whole');


# ---- clients that go away ------------------------------------------------

$before = total();

my $batch = Mojo::JSON::encode_json({ operations => [ map {
    { op => 'create', body => { name => "Aborted $_" } } } 1 .. 50 ] });

for my $n (1 .. 30) {
    $socket = $server->socket;
    $socket->syswrite(
        $n % 3 == 0 ? "GET /crm/v1/board HTTP/1.1\r\n$host\r\n"
        : $n % 3 == 1 ? "POST /crm/v1/leads HTTP/1.1\r\n${host}$json"
                        . "Content-Length: 12\r\n\r\n{\"name\":\"x\"}"
        : "POST /crm/v1/leads/batch HTTP/1.1\r\n${host}$json"
          . 'Content-Length: ' . length($batch) . "\r\n\r\n$batch"
    );
    sleep 0.001 * ($n % 5);
    close $socket;
}

my $after = total();

for (1 .. 100) {
    sleep 0.05;
    my $now = total();
    last if $now == $after;
    $after = $now;
}

cmp_ok($after, '<=', $before + 10 + 500, 'no record twice');
$crm->check_clean('whole records only');


# ---- HTTP/2 --------------------------------------------------------------

SKIP: {
    skip 'no curl with HTTP/2', 12 if qx(curl --version) !~ /\bHTTP2\b/;

    my @who = ('-H', "Host: " . $other->slug . '.localhost',
               '-H', 'Authorization: Bearer ' . $other->token,
               '-H', 'Content-Type: application/json');
    my $url = "http://127.0.0.1:$h2_port/crm/v1";

    is(curl(@who, '-d', '{"name":"H2"}', "$url/leads"), '201 2', 'POST');
    is(curl(@who, "$url/leads/1"), '200 2', 'GET');
    is(curl(@who, '-I', "$url/leads/1"), '200 2', 'HEAD');
    is(curl(@who, '-d', '{"nme":1}', "$url/leads"), '422 2', 'faults');
    is(curl(@who, '-d', '[', "$url/leads"), '400 2', 'malformed');
    is(curl(@who, '-X', 'DELETE', "$url/leads/999999"), '404 2', 'missing');
    is(curl(@who, '-X', 'PUT', "$url/leads"), '405 2', 'method');

    $impatient->write('large.json', '{"name":"x"' . ' ' x 300_000 . '}');
    is(curl(@who, '-d', '@' . $impatient->dir . '/large.json', "$url/leads"),
       '201 2', 'a body of many frames');
    my %streams = streams($h2_port, '/crm/v1/leads/1', 100);

    is(scalar(grep { $_ eq '200' } values %streams), 100,
       'a hundred streams at once');

    # some of them reset, then the connection dropped
    streams($h2_port, '/crm/v1/board', 40, 1) for 1 .. 10;

    is(curl(@who, "$url/me"), '200 2', 'after clients that went away');
    $other->check_clean;
}

$crm->status_ok($crm->get('/me'), 200, 'still there');
$crm->check_clean;
done_testing;


sub curl {
    my @options = @_;

    open my $out, '-|', 'curl', '-s', '--http2-prior-knowledge',
         '-o', '/dev/null', '-w', '%{http_code} %{http_version} ', '-m', 20,
         @options or die "curl: $!\n";
    local $/;
    my $text = <$out> // '';

    close $out;
    $text =~ s/\s+\z//;

    return $text;
}


# Many GETs on one HTTP/2 connection, frame by frame: { stream => status }.
# With `leave' every third is reset at once, and nobody waits for the answers.

sub streams {
    my ($port, $path, $n, $leave) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port) or die "h2: $!\n";
    my $frame = sub {
        my ($type, $flags, $id, $payload) = @_;
        return substr(pack('N', length $payload), 1)
               . pack('CCN', $type, $flags, $id) . $payload;
    };
    my $block = join '', map { "\0" . pack('C/a C/a', @$_) }
        [ ':method' => 'GET' ], [ ':scheme' => 'http' ], [ ':path' => $path ],
        [ ':authority' => $other->slug . '.localhost' ],
        [ authorization => 'Bearer ' . $other->token ];

    my $bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . $frame->(4, 0, 0, '');

    for my $id (map { 2 * $_ - 1 } 1 .. $n) {
        $bytes .= $frame->(1, 5, $id, $block);
        $bytes .= $frame->(3, 0, $id, pack 'N', 8) if $leave && $id % 3 == 0;
    }

    $socket->syswrite($bytes);
    sleep 0.002;
    return if $leave;

    my $select = IO::Select->new($socket);
    my ($answer, %status, %ended) = ('');

    while (keys %ended < $n && $select->can_read(5)) {
        sysread $socket, $answer, 65536, length $answer or last;

        while (length $answer >= 9) {
            my ($length, $type, $flags, $id)
                = unpack 'N C C N', "\0" . substr $answer, 0, 9;

            last if length $answer < 9 + $length;

            my $payload = substr $answer, 9, $length;

            substr $answer, 0, 9 + $length, '';
            $status{$id} = $payload =~ /^\x88/ ? 200 : 'another'
                if $type == 1;
            $ended{$id} = 1 if $type <= 1 && $flags & 1;
        }
    }

    return %status;
}


sub http2_server {
    my ($port) = @_;

    return <<"END";
    server {
        listen 127.0.0.1:$port http2;
        http2_max_concurrent_streams 128;
        client_max_body_size 8m;
        client_body_buffer_size 64k;

        location /crm/v1 {
            crm on;
            crm_tenant \$crm_host_tenant;
        }
    }
END
}
