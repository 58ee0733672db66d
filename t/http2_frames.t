# HTTP/2 frame by frame, as clients at the edge of it send them: header blocks
# in pieces, trailers, many uploads at once, streams given up in the middle,
# priorities, GOAWAY; and a binary upgrade under load.

use utf8;
use CRM::Test;

use Mojo::JSON qw(decode_json encode_json);
use POSIX ();
use Time::HiRes qw(sleep time);

my $h2     = CRM::Server::free_port();
my $server = CRM::Test->private(
    workers => 1,
    daemon  => 1,
    http    => 'http2_max_concurrent_streams 256;',
    server  => "listen 127.0.0.1:$h2 http2;",
);
my $crm  = CRM::Test->tenant(server => $server);
my $lead = $crm->post('/leads', { name => 'Lead' })->json->{id};

my %TYPE = (data => 0, headers => 1, priority => 2, rst => 3, settings => 4,
            ping => 6, goaway => 7, window => 8, continuation => 9);
my ($END_STREAM, $END_HEADERS, $PADDED, $PRIORITY) = (1, 4, 8, 32);


# ---- a client of frames --------------------------------------------------

# a connection; frames that come are sorted by stream

sub connection {
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $h2, Timeout => 5,
    ) or die "connect: $!\n";

    my $c = { socket => $socket, in => '', stream => {}, next => 1 };

    send_bytes($c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
               . frame('settings', 0, 0, pack 'nN', 4, 0x7fffffff)
               . frame('window', 0, 0, pack 'N', 0x7fff0000));

    return $c;
}


sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    return substr(pack('N', length $payload), 1)
           . pack('CCN', $TYPE{$type}, $flags, $stream) . $payload;
}


sub send_bytes {
    my ($c, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        my $n = $c->{socket}->syswrite($bytes) or return;

        substr $bytes, 0, $n, '';
    }
}


# literals without a table and without Huffman's code

sub block {
    return join '', map {
        my ($name, $value) = @$_;

        "\0" . string($name) . string($value);
    } @_;
}


sub string {
    my ($text) = @_;

    return chr(length $text) . $text if length $text < 127;

    my ($bytes, $rest) = (chr 127, length($text) - 127);

    for (; $rest >= 128; $rest >>= 7) {
        $bytes .= chr(128 | $rest & 127);
    }

    return $bytes . chr($rest) . $text;
}


sub fields {
    my ($method, $path, @more) = @_;

    return ([ ':method', $method ], [ ':scheme', 'http' ],
            [ ':path', "/crm/v1$path" ],
            [ ':authority', $crm->slug . '.localhost' ],
            [ 'authorization', 'Bearer ' . $crm->token ], @more);
}


sub stream { my ($c) = @_; my $id = $c->{next}; $c->{next} += 2; return $id }


sub get {
    my ($c, $path, @more) = @_;

    my $id = stream($c);

    send_bytes($c, frame('headers', $END_HEADERS | $END_STREAM, $id,
                         block(fields('GET', $path, @more))));
    return $id;
}


my @json = ([ 'content-type', 'application/json' ]);

sub open_post {
    my ($c, $path, @more) = @_;

    my $id = stream($c);

    send_bytes($c, frame('headers', $END_HEADERS, $id,
                         block(fields('POST', $path, @json, @more))));
    return $id;
}


# Reads frames until done() is true, the connection ends, or time is up.
# SETTINGS and PING are answered, and windows opened as DATA comes.

sub read_until {
    my ($c, $done, $seconds) = @_;

    my $end    = time + ($seconds // 15);
    my $select = IO::Select->new($c->{socket});

    until ($done->()) {
        return 0 if time > $end || $c->{closed};
        next if !$select->can_read(0.2);

        if (!sysread $c->{socket}, $c->{in}, 262144, length $c->{in}) {
            $c->{closed} = 1;
            next;
        }

        while (length $c->{in} >= 9) {
            my $size = unpack 'N', "\0" . substr $c->{in}, 0, 3;
            last if length $c->{in} < 9 + $size;

            my ($type, $flags, $id) = unpack 'CCN', substr $c->{in}, 3, 6;
            my $payload = substr $c->{in}, 9, $size;

            substr $c->{in}, 0, 9 + $size, '';
            take($c, $type, $flags, $id, $payload);
        }
    }

    return 1;
}


sub take {
    my ($c, $type, $flags, $id, $payload) = @_;

    my $s = $c->{stream}{$id} //= { body => '' };

    if ($type == $TYPE{data}) {
        $s->{body} .= $payload;

        send_bytes($c, frame('window', 0, 0, pack 'N', length $payload))
            if length $payload;

    } elsif ($type == $TYPE{headers}) {
        $s->{head} = $payload;

    } elsif ($type == $TYPE{rst}) {
        $s->{reset} = unpack 'N', $payload;

    } elsif ($type == $TYPE{goaway}) {
        $c->{goaway} = (unpack 'NN', $payload)[1];

    } elsif ($type == $TYPE{window}) {
        ($id ? $s : $c)->{window} += unpack 'N', $payload;

    } elsif ($type == $TYPE{settings} && !($flags & 1)) {
        send_bytes($c, frame('settings', 1, 0, ''));
    }

    $s->{end} = 1 if $type <= $TYPE{headers} && $flags & $END_STREAM
                     || $type == $TYPE{rst};
}


# nginx writes the status as an index (8 to 14) or as a literal behind 0x08

sub status_of {
    my ($s) = @_;

    my $head = $s->{head} // return 0;

    $head =~ s/^[\x20-\x3f]//;          # a new size of the table

    return { 0x88 => 200, 0x89 => 204, 0x8b => 304, 0x8c => 400,
             0x8d => 404, 0x8e => 500 }->{ ord $head }
           // ($head =~ /^[\x08\x48]\x03(\d{3})/ ? $1 : unpack 'H12', $head);
}


sub answers {
    my ($c, @ids) = @_;

    read_until($c, sub { !grep { !$c->{stream}{$_}{end} } @ids });

    return map { status_of($c->{stream}{$_} // {}) } @ids;
}


sub answer { my ($c, $id) = @_; return (answers($c, $id))[0] }


sub counted { my %n; $n{$_}++ for @_; return \%n }


sub body_of { return eval { decode_json($_[0]{stream}{ $_[1] }{body}) } // {} }


# ---- header blocks -------------------------------------------------------

my $c  = connection();
my $id = stream($c);

my $block = block(fields('GET', "/leads/$lead"));

send_bytes($c, frame('headers', $END_STREAM, $id, substr $block, 0, 1)
           . join('', map { frame('continuation', 0, $id, $_) }
                      split //, substr $block, 1, -1)
           . frame('continuation', $END_HEADERS, $id, substr $block, -1));
is(answer($c, $id), 200, 'a header block in CONTINUATION frames of one byte');
is(body_of($c, $id)->{name}, 'Lead', 'its answer');

$id = get($c, '/me', [ 'x-large', 'x' x 12_000 ]);
is(answer($c, $id), 200, 'a header of 12 kB');

$id = get($c, '/me', map { [ "x-$_", 'y' ] } 1 .. 90);
is(answer($c, $id), 200, 'ninety headers');

$id = stream($c);
send_bytes($c, frame('headers', $END_HEADERS | $END_STREAM | $PADDED
                     | $PRIORITY, $id, chr(7) . pack('NC', 0x80000000, 255)
                     . block(fields('GET', '/me')) . "\0" x 7));
is(answer($c, $id), 200, 'padded, and with a priority');

for my $wrong ([ 'X-Upper', 'x' ], [ 'x-line', "a\nb" ], [ ':late', 'x' ]) {
    my $c = connection();

    $id = get($c, '/me', $wrong);
    isnt(answer($c, $id), 200, "refused: $wrong->[0]");
}

{
    my $c  = connection();
    my $id = stream($c);
    my $large = block(fields('GET', '/me',
                             map { [ "x-$_", 'z' x 4000 ] } 1 .. 40));
    my @parts = $large =~ /(.{1,16000})/gs;
    my $last  = pop @parts;

    send_bytes($c, frame('headers', $END_STREAM, $id, shift @parts)
               . join('', map { frame('continuation', 0, $id, $_) } @parts)
               . frame('continuation', $END_HEADERS, $id, $last));
    isnt(answer($c, $id), 200, 'a header block of 160 kB is refused');
}

is($crm->get('/me')->status, 200, 'and others are served');


# ---- trailers ------------------------------------------------------------

# nginx before 1.25 takes them for a stream that was used before, and ends the
# connection: half a request leaves nothing behind

$id = open_post($c, '/leads');
send_bytes($c, frame('data', 0, $id, '{"name":"With trailers"}')
           . frame('headers', $END_HEADERS | $END_STREAM, $id,
                   block([ 'x-checksum', 'abc' ])));

my $status = answer($c, $id);

is($crm->get('/leads', query => { q => 'trailers', total => 'true' })
   ->json->{total}, $status == 201 ? 1 : 0, 'a body with trailers');

$c  = connection();
$id = open_post($c, '/leads', [ 'content-length', 40 ]);
send_bytes($c, frame('data', $END_STREAM, $id, '{"name":"Short"}'));
is(answer($c, $id), 400, 'a body that is shorter than announced');


# ---- many uploads at once ------------------------------------------------

# 150 bodies of 40 kB, a piece of each in turn, beside reads of a board

$c = connection();
read_until($c, sub { ($c->{window} // 0) > 0 }, 2);

my @ids   = map { open_post($c, '/leads') } 1 .. 150;
my %rest  = map { $ids[$_] => encode_json({ name => "Upload $_",
                      description => 'u' x 40_000 }) } 0 .. $#ids;
my @reads;

while (%rest) {
    for my $id (grep { exists $rest{$_} } @ids) {
        my $piece = substr $rest{$id}, 0, 8000, '';
        my $last  = $rest{$id} eq '';

        send_bytes($c, frame('data', $last ? $END_STREAM : 0, $id, $piece));
        delete $rest{$id} if $last;
    }
    push @reads, get($c, '/board');
    read_until($c, sub { 0 }, 0.01);
}

is_deeply(counted(answers($c, @ids)), { 201 => 150 },
          '150 uploads of 40 kB, interleaved');
is_deeply(counted(answers($c, @reads)), { 200 => scalar @reads },
          'and reads between them');
is($crm->get('/leads', query => { q => 'upload', total => 'true' })
   ->json->{total}, 150, 'each is there once');


# ---- streams that are given up -------------------------------------------

$c = connection();

for my $round (1 .. 40) {
    my $up = open_post($c, '/leads');

    send_bytes($c, frame('data', 0, $up, '{"name":"Given up"')
               . frame('rst', 0, $up, pack 'N', 8));

    # the whole body, and then as soon as it is on its way
    $up = open_post($c, '/leads');
    send_bytes($c, frame('data', $END_STREAM, $up, '{"name":"Perhaps"}')
               . frame('rst', 0, $up, pack 'N', 8));

    my $down = get($c, '/leads?limit=500');
    read_until($c, sub { 0 }, 0.002) if $round % 2;
    send_bytes($c, frame('rst', 0, $down, pack 'N', 8));
}

$id = get($c, '/leads?q=given&total=true');
is(answer($c, $id), 200, 'the connection goes on after RST_STREAM');
is(body_of($c, $id)->{total}, 0, 'half a body creates nothing');


# ---- priorities ----------------------------------------------------------

# every stream depends on the one before it, then the order is turned round

@ids = ();
for (1 .. 100) {
    my $id = stream($c);

    send_bytes($c, frame('headers', $END_HEADERS | $END_STREAM | $PRIORITY,
                         $id, pack('NC', 0x80000000 | ($ids[-1] // 0), 15)
                         . block(fields('GET', '/leads?limit=3'))));
    push @ids, $id;
}
send_bytes($c, join '', map { frame('priority', 0, $ids[$_],
                                    pack 'NC', $ids[$_ + 1], 200) } 0 .. 98);
is_deeply(counted(answers($c, @ids)), { 200 => 100 },
          'a hundred streams that depend on each other');

send_bytes($c, frame('priority', 0, $ids[0], pack 'NC', $ids[0], 1));
read_until($c, sub { defined $c->{stream}{ $ids[0] }{reset} || $c->{closed} },
           3);
is($crm->get('/me')->status, 200, 'a stream that depends on itself');


# ---- GOAWAY --------------------------------------------------------------

$c = connection();
@ids = map { get($c, '/board') } 1 .. 20;
send_bytes($c, frame('goaway', 0, 0, pack 'NN', 0, 0));
is_deeply(counted(answers($c, @ids)), { 200 => 20 },
          'what was asked before GOAWAY is answered');

for (1 .. 10) {
    $c = connection();
    get($c, '/board') for 1 .. 30;
    open_post($c, '/leads') for 1 .. 10;
    close $c->{socket};
}

is($crm->get('/me')->status, 200, 'clients that go away');


# ---- reload and binary upgrade under load --------------------------------

# Asks until the file is there; what came of it.  A connection that nginx ends
# by GOAWAY is made anew, and what that GOAWAY left out is asked again.

sub load {
    my ($name) = @_;

    my $pid = fork // die "fork: $!\n";

    return $pid if $pid != 0;

    my (%seen, $count);
    my $c = connection();

    until (-e $server->dir . '/enough') {
        my @ids = map { get($c, '/leads?limit=20') } 1 .. 8;
        my $up  = open_post($c, '/leads');
        my $n   = ++$count;

        send_bytes($c, frame('data', $END_STREAM, $up,
                             qq({"name":"$name $n"})));
        read_until($c, sub { !grep { !$c->{stream}{$_}{end} } @ids, $up }, 10);

        for my $id (@ids, $up) {
            my $status = status_of($c->{stream}{$id} // {});

            $seen{ $status || (defined $c->{goaway} || $c->{closed}
                               ? 'again' : 'none') }++;
        }

        delete $c->{stream};
        $c = connection() if defined $c->{goaway} || $c->{closed};
    }

    $server->write("load.$name", encode_json(\%seen));
    POSIX::_exit(0);
}

my @children = map { load($_) } qw(Eins Zwei);

sleep 0.5;
$server->reload;
$server->wait_ready;
sleep 0.5;

# the new binary would come without the runtime of the sanitizers

if (!CRM::Server->sanitized) {
    $server->upgrade;
    $server->wait_ready;
    sleep 0.5;
}

$server->write('enough', '');
waitpid $_, 0 for @children;

my %seen;
for my $name (qw(Eins Zwei)) {
    my $one = decode_json(CRM::Server::slurp($server->dir . "/load.$name"));

    $seen{$_} += $one->{$_} for keys %$one;
}

cmp_ok($seen{200}, '>', 0, 'reads during reload and upgrade');
cmp_ok($seen{201}, '>', 0, 'creations');
is(join(' ', grep { !/^(?:200|201|again)$/ } sort keys %seen), '',
   'and nothing but answers') || diag(explain(\%seen));

my $kept = 0;
$kept += $crm->get('/leads', query => { q => $_, total => 'true' })
             ->json->{total} for qw(eins zwei);

cmp_ok($kept, '>=', $seen{201}, 'what was acknowledged is there');
cmp_ok($kept, '<=', $seen{201} + ($seen{again} // 0), 'and nothing twice');
$crm->check_clean;

done_testing;
