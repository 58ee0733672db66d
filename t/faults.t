# Redis dies, hangs, is read-only, full or has forgotten its functions; nginx
# is reloaded, its workers are killed.  What was acknowledged is there, what
# fails says so soon, and all is well again without anybody's help.

use utf8;
use CRM::Test;
use CRM::Util qw(raw_parts);

use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

my $server = CRM::Test->private(
    redis     => "appendfsync always\n",
    crm_redis => 'timeout=1s',
    location  => 'crm_deadline 3s;',
);
my $crm  = CRM::Test->tenant(server => $server);
my $lead = $crm->post('/leads', { name => 'Lead' })->json->{id};
my $slow = CRM::Server->sanitized ? 5 : 1;


# one request of many kinds, in turn

my $turn = 0;

sub any_request {
    my $n = $turn++;

    return ([ GET   => "/leads/$lead" ],
            [ GET   => '/board' ],
            [ POST  => '/leads', { json => { name => 'x' } } ],
            [ PATCH => "/leads/$lead", { json => { city => "C$n" } } ],
            [ GET   => '/leads?q=lead' ],
            [ POST  => "/leads/$lead/messages", { json => { body => 'x' } } ],
            [ GET   => '/me' ])[ $n % 7 ];
}


sub unavailable_ok {
    my ($res, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return $crm->problem_ok($res, 503, 'store_unavailable', undef, $name)
           && like($res->header('Retry-After') // '', qr/^[1-9]\d*\z/,
                   "$name: Retry-After");
}


# Each kind of request, over connections of their own so that both workers
# answer: all 503, and in that time.  One of them may have had to wait for a
# processor, on a machine that does other things as well.

sub down_ok {
    my ($seconds, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my (@took, @wrong);

    for (1 .. 14) {
        my ($method, $path, $options) = @{ any_request() };
        my $begun = time;
        my $res = $crm->req($method, $path, { %{ $options // {} },
                      headers => { Connection => 'close' } });

        push @took, time - $begun;
        push @wrong, "$method $path: " . $res->describe
            if $res->status != 503
               || $res->header('Content-Type') ne 'application/problem+json'
               || ($res->header('Retry-After') // '') !~ /^[1-9]\d*\z/
               || $res->code ne 'store_unavailable';
    }

    is("@wrong", '', "$name: 503");
    @took = sort { $b <=> $a } @took;
    cmp_ok($took[1], '<', $seconds * $slow, "$name: soon")
        || diag("seconds: @took");
}


# A worker that nobody asks tries to reach Redis once a second at last: an idle
# one may get none of the requests of back_ok().

sub all_back_ok {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    back_ok(2, @_);
    sleep 1.2;
}


# until all is well, at most so long

sub back_ok {
    my ($seconds, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $begun = time;
    my $row   = 0;

    while ($row < 12 && time - $begun < $seconds * $slow + 3) {
        my $res = $crm->post("/leads/$lead/messages", { body => 'back' },
                             headers => { Connection => 'close' });
        $row = $res->status == 201 ? $row + 1 : 0;
        sleep 0.02 if !$row;
    }

    is($row, 12, "$name: back");
    cmp_ok(time - $begun, '<', $seconds * $slow, "$name: within $seconds s");
}


sub health {
    my ($what) = @_;

    return $crm->operator('GET', "/health/$what", undef, token => undef,
                          headers => { Connection => 'close' })->status;
}


# Each worker has connections for jobs as well, which wait for their own turn
# to try again.

sub ready_ok {
    my ($seconds, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $begun = time;
    my $row   = 0;

    while ($row < 12 && time - $begun < $seconds * $slow) {
        $row = health('ready') == 200 ? $row + 1 : 0;
        sleep 0.02 if !$row;
    }

    is($row, 12, "$name: ready within $seconds s");
}


# A process that creates leads, one after another, and tells what was
# answered; stop() returns [status or 0, id], ....

sub writer {
    my (%options) = @_;

    my $file   = $server->dir . '/writer.' . ++$turn;
    my $parent = $$;
    my $pid    = fork // die "fork: $!\n";

    if (!$pid) {
        local $SIG{PIPE} = 'IGNORE';

        open my $out, '>', $file or POSIX::_exit(1);
        $out->autoflush(1);

        # a signal would interrupt a request that counts

        while (!-e "$file.stop" && getppid == $parent) {
            my ($status, $id) = create(%options);
            print {$out} "$status $id\n";
            sleep 0.002;
        }

        POSIX::_exit(0);
    }

    return { pid => $pid, file => $file };
}


sub create {
    my (%options) = @_;

    my $body = '{"name":"written"}';
    my $answer = eval {
        $server->raw("POST /crm/v1/leads HTTP/1.1\r\nHost: "
            . $crm->slug . ".localhost\r\nAuthorization: Bearer "
            . $crm->token . "\r\nContent-Type: application/json\r\n"
            . "Connection: close\r\nContent-Length: " . length($body)
            . "\r\n\r\n$body", 10)
    };
    my ($status, $headers) = raw_parts($answer);
    my ($id) = ($headers->{location} // '') =~ m{/(\d+)\z};

    return ($status, $id // 0);
}


sub stop {
    my ($writer) = @_;

    open my $end, '>', "$writer->{file}.stop" or die "$writer->{file}: $!\n";
    close $end;
    waitpid $writer->{pid}, 0;

    return map { [ split / / ] } split /\n/,
           CRM::Server::slurp($writer->{file});
}


# what was acknowledged with 201 is there

sub kept_ok {
    my ($name, @answers) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my @ids = map { $_->[1] } grep { $_->[0] == 201 } @answers;
    my %there;

    while (my @some = splice @ids, 0, 500) {
        my $list = $crm->get('/leads', query => {
            id => join(',', @some), fields => 'id', limit => 1000 });

        $there{ $_->{id} } = 1 for @{ $list->json->{data} };
        push @{ $there{missing} }, grep { !$there{$_} } @some;
    }

    my $n = grep { $_->[0] == 201 } @answers;

    cmp_ok($n, '>', 0, "$name: $n records were acknowledged");
    is_deeply($there{missing} // [], [], "$name: none of them is lost");
}


sub statuses {
    my %n;

    $n{ $_->[0] }++ for @_;

    return join ', ', map { "$_: $n{$_}" } sort keys %n;
}


# ---- Redis is killed -----------------------------------------------------

is(health('live'), 200, 'live');
is(health('ready'), 200, 'ready');

my @writers = map { writer() } 1 .. 2;

sleep 0.3;
$server->kill_redis;
sleep 0.05;
down_ok(0.1, 'Redis killed');
unavailable_ok($crm->get("/leads/$lead"), 'a reading request');
unavailable_ok($crm->post('/leads', { name => 'x' }), 'a writing one');
is(health('live'), 200, 'still live');
is(health('ready'), 503, 'not ready');
sleep 1;
down_ok(0.1, 'Redis gone for a second');
$server->start_redis;
all_back_ok('Redis started again');

my @answers = map { stop($_) } @writers;

is((grep { $_->[0] !~ /^(?:201|503)\z/ } @answers), 0,
   'writers met nothing but 201 and 503')
    || diag(statuses(@answers));
kept_ok('Redis killed', @answers);
ready_ok(2, 'Redis started again');
$crm->check_clean;

# several times in a row, while requests are on their way

for my $round (1 .. 3) {
    my $writer = writer();

    sleep 0.15;
    $server->kill_redis;
    $server->start_redis;
    all_back_ok("kill $round");
    @answers = stop($writer);
    kept_ok("kill $round", @answers);
}

$crm->check_clean;


# ---- its file ends in the middle of a commit -----------------------------

# Redis would run the first half at the second start (conf/redis-repair.sh)

for my $bytes (40, 300, 900) {
    $crm->status_ok($crm->post('/leads', { name => "Half $bytes" }), 201);
    $server->kill_redis;

    my ($file) = sort { -M $a <=> -M $b }
                 glob $server->dir . '/redis/appendonlydir/*.incr.aof';

    my $size = -s $file;

    truncate $file, $size - $bytes or die "$file: $!\n";
    $server->start_redis;
    all_back_ok("$bytes bytes less");
    $server->kill_redis;
    $server->start_redis;
    all_back_ok("$bytes bytes less, started again");
    $crm->check_clean("$bytes bytes less: nothing is half there");
}


# ---- its connections are cut ---------------------------------------------

$server->redis('CLIENT', 'KILL', 'TYPE', 'normal');
back_ok(2, 'connections cut');


# ---- Redis hangs ---------------------------------------------------------

$server->pause_redis;

my $begun = time;
my @stuck = $crm->concurrently(map { any_request() } 1 .. 28);
my $took  = time - $begun;

is((grep { $_->status != 503 } @stuck), 0, 'Redis hangs: 503');
is((grep { ($_->header('Retry-After') // '') !~ /^[1-9]\d*\z/ } @stuck), 0,
   'Retry-After');
cmp_ok($took, '<', 3 * $slow, 'within the deadline');
down_ok(3, 'Redis still hangs');
is(health('live'), 200, 'live');
$server->resume_redis;
all_back_ok('Redis goes on');
$crm->check_clean;


# ---- Redis refuses to write ----------------------------------------------

sub reads_ok {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %seen;
    $seen{ $crm->get($_, headers => { Connection => 'close' })->status }++
        for ("/leads/$lead", '/board', '/me') x 4;

    is((grep { !/^(?:200|503)\z/ } keys %seen), 0, "$name: reading")
        || diag(explain(\%seen));
}


my $version = $crm->get("/leads/$lead")->json->{version};

sub refuses_ok {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my @wrong;

    for (1 .. 4) {
        my %close = (headers => { Connection => 'close' });

        for my $res ($crm->post('/leads', { name => 'x' }, %close),
                     $crm->patch("/leads/$lead", { city => "X$_" }, %close),
                     $crm->post("/leads/$lead/won", undef, %close),
                     $crm->post("/leads/$lead/messages", { body => 'x' },
                                %close)) {
            push @wrong, $res->describe
                if $res->status != 503 || !$res->header('Retry-After')
                   || $res->code ne 'store_unavailable';
        }
    }

    is("@wrong", '', "$name: writing is 503");
}

$server->redis('REPLICAOF', '127.0.0.1', 1);
refuses_ok('READONLY');
reads_ok('READONLY');
is(health('ready'), 503, 'not ready');
$server->redis('REPLICAOF', 'NO', 'ONE');
all_back_ok('master again');

$server->redis('CONFIG', 'SET', 'maxmemory', '1mb');
refuses_ok('OOM');
reads_ok('OOM');
$server->redis('CONFIG', 'SET', 'maxmemory', '0');
back_ok(2, 'room again');

my $now = $crm->get("/leads/$lead")->json;

is_deeply([ $now->{version}, $now->{state} ], [ $version, 'open' ],
          'nothing was written by halves');
$crm->check_clean;


# ---- Redis has forgotten the functions -----------------------------------

$server->redis('FUNCTION', 'FLUSH');
back_ok(2, 'functions flushed');
is($crm->patch("/leads/$lead", { city => 'Bonn' })->status, 200, 'writing');
$server->redis('SCRIPT', 'FLUSH');
back_ok(2, 'scripts flushed');
$crm->check_clean;


# ---- nginx is reloaded ---------------------------------------------------

@writers = map { writer() } 1 .. 3;

for (1 .. 4) {
    sleep 0.2;
    $server->reload;
}

sleep 0.2;
@answers = map { stop($_) } @writers;
is((grep { $_->[0] != 201 } @answers), 0,
   'reloads: every request is answered with success')
    || diag(statuses(@answers));
kept_ok('reloads', @answers);
$crm->check_clean;

# the old workers go, though they have their own connections to Redis

$server->wait_for('the old workers to end', 10,
                  sub { $server->workers == 2 });
pass('only the new workers are left');


# ---- workers are killed --------------------------------------------------

@writers = map { writer() } 1 .. 2;

for my $round (1 .. 3) {
    my %old = map { $_ => 1 } $server->workers;

    sleep 0.2;
    $server->kill_workers;
    $server->wait_for('new workers', 10, sub {
        2 == grep { !$old{$_} } $server->workers });
    back_ok(2, "workers killed $round");
}

@answers = map { stop($_) } @writers;
is((grep { $_->[0] !~ /^(?:0|201|503)\z/ } @answers), 0,
   'answers, or none') || diag(statuses(@answers));
kept_ok('workers killed', @answers);
$crm->check_clean;

done_testing;
