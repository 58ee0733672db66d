# Everything that can break, again and again, while verified writers work
# (t/lib/CRM/Writer.pm).  After each fault: what was acknowledged is there once,
# nothing is half there, the checker is clean, errors have ended within 2 s, no
# worker has crashed or leaked, no request took longer than its deadline.
#
#   make test-crash                    200 faults and more
#   prove -It/lib t/crash/mixed.t      each fault once
#
# CRM_CRASH_ROUNDS: how often each; CRM_CRASH_SEED: the order, as printed.

use utf8;
use CRM::Test;
use CRM::Proxy;
use CRM::Writer;

use IO::Socket::INET;
use Mojo::IOLoop;
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep time);

my $rounds = $ENV{CRM_CRASH_ROUNDS} // 1;
my $seed   = $ENV{CRM_CRASH_SEED} // time & 0xffff;
my $slow   = CRM::Server->sanitized ? 5 : 1;

srand $seed;
diag("CRM_CRASH_SEED=$seed") if $rounds > 1;

my $server = CRM::Test->private(
    no_start  => 1,
    daemon    => 1,
    redis     => "appendfsync always\n",
    crm_redis => 'timeout=1s',
    location  => 'crm_deadline 3s;',
);
my $disk  = mount_disk();
my $redis = "$server->{dir}/redis";
my $proxy;

configure(0);
$server->start;
$server->allow_log(qr/worker process \d+ exited on signal 9$/);
$server->allow_log(qr/\d+ worker_connections are not enough/);


# ---- faults --------------------------------------------------------------

# name => what is done; the loop turns inside of wait_a_while().  In the order
# of the file; each round has its own.

my %FAULTS = (
    'a worker killed'   => sub {
        my @workers = $server->workers;
        kill 'KILL', $workers[ rand @workers ];
    },
    'all workers killed' => sub { kill 'KILL', $server->workers },
    'Redis killed'      => sub {
        in_background(sub { $server->kill_redis });
        wait_a_while(rand 0.4);
        start_redis();
    },
    'Redis stopped for 3 s' => sub {
        $server->pause_redis;
        wait_a_while(3);
        $server->resume_redis;
    },
    'Redis stopped, a worker killed' => sub {
        $server->pause_redis;
        wait_a_while(0.2);
        kill 'KILL', ($server->workers)[0];
        wait_a_while(0.2);
        $server->resume_redis;
    },
    'memory full'       => sub {
        $server->redis(qw(CONFIG SET maxmemory 1mb));
        wait_a_while(0.4);
        $server->redis(qw(CONFIG SET maxmemory 0));
    },
    'read-only'         => sub {
        $server->redis('REPLICAOF', '127.0.0.1', 1);
        wait_a_while(0.4);
        $server->redis('REPLICAOF', 'NO', 'ONE');
    },
    'connections cut in a reply' => sub {
        for (1 .. 3) {
            $proxy->cut;
            wait_a_while(0.05);
        }
    },
    'connections closed by Redis' => sub {
        $server->redis('CLIENT', 'KILL', 'TYPE', 'normal');
    },
    'the functions forgotten' => sub { $server->redis('FUNCTION', 'FLUSH') },
    'nginx reloaded'    => sub {
        kill 'HUP', $server->nginx_pid;
        wait_a_while(0.3);
    },
    'reloaded twice, a worker killed' => sub {
        kill 'HUP', $server->nginx_pid;
        wait_a_while(0.1);
        kill 'HUP', $server->nginx_pid;
        kill 'KILL', ($server->workers)[0];
        wait_a_while(0.3);
    },
    'the binary upgraded' => sub { in_background(sub { $server->upgrade }) },
    'no connections left' => sub {
        my @held = map { dial() } 1 .. 600;
        wait_a_while(0.3);
        $server->redis('CLIENT', 'KILL', 'TYPE', 'normal');
        wait_a_while(0.3);
        close $_ for @held;
    },
    'the disk full'     => sub {
        fill_disk();
        wait_a_while(0.4);
        unlink "$disk/filler";
        # fsync always: it has ended by itself
        in_background(sub { $server->stop_redis('KILL') });
        start_redis();
    },
);

delete $FAULTS{'the disk full'} if !$disk;
delete $FAULTS{'the binary upgraded'} if CRM::Server->sanitized;


sub start_redis { in_background(sub { $server->start_redis }) }


# a plain connection that says nothing

sub dial {
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $server->port, Blocking => 0,
        Type => SOCK_STREAM,
    );

    return $socket // ();
}


# A tmpfs for Redis' directory, where root may mount one.

sub mount_disk {
    my $dir = "$server->{dir}/redis";

    return if $> != 0;

    if (system("mount -t tmpfs -o size=192m,mode=0777 tmpfs $dir 2>/dev/null")) {
        diag('no mount: the disk is never full here');
        return;
    }

    return $dir;
}


sub fill_disk {
    open my $fh, '>', "$disk/filler" or die "$disk: $!\n";

    my $block = "\0" x 65536;

    while (length $block >= 512) {
        my $n = syswrite $fh, $block;
        $block = substr $block, 0, length($block) / 2
            if !$n || $n < length $block;
    }
}


END {
    system("umount -l $disk") if $disk && $server && $server->{owner} == $$;
}


# with or without the proxy that cuts replies

sub configure {
    my ($proxied) = @_;

    my $conf = $server->nginx_conf =~ s/worker_connections 1024/worker_connections 256/r;

    $proxy->stop if $proxy;
    undef $proxy;

    if ($proxied) {
        $proxy = CRM::Proxy->new(listen => "$redis/proxy.sock",
                                 upstream => "$redis/redis.sock");
        $conf =~ s{redis/redis\.sock}{redis/proxy.sock};
    }

    $server->write('nginx.conf', $conf);
}


# what blocks this process, while the writers go on: they are in it

sub in_background {
    my ($work) = @_;

    # the waiting inside of Server.pm turns the loop
    no warnings 'redefine';
    local *CRM::Server::sleep = sub { wait_a_while($_[0]) };

    $work->();
}


# ---- writers -------------------------------------------------------------

my @events;                             # [end, status, seconds]
my $total = 0;
my %longest;                            # seconds, by method and route
my %failed;                             # requests, by fault

sub noted {
    my ($end, $status, $seconds, $route) = @_;

    $total++;
    $longest{$route} = $seconds if $seconds > ($longest{$route} // 0);
    push @events, [ $end, $status ];
}


sub wait_a_while {
    my ($seconds) = @_;

    my $over = 0;

    Mojo::IOLoop->timer($seconds => sub { $over = 1 });
    Mojo::IOLoop->one_tick until $over;
}


sub begin {
    my ($crm) = @_;

    my @stages = map { $_->{id} } grep { !$_->{is_won} }
                 @{ $crm->get('/stages')->json->{data} };
    my ($type) = map { $_->{id} }
                 grep { $_->{chaining} eq 'none' }
                 @{ $crm->get('/activity-types')->json->{data} };

    return map {
        CRM::Writer->new(client => $crm, stages => \@stages, type => $type,
                         note => \&noted)
    } 1 .. 6;
}


# errors end within 2 s; then the writers rest

sub recovered_ok {
    my ($name) = @_;

    my $over = time;
    my ($last, $good);

    do {
        wait_a_while(0.05);

        ($last, $good) = ($over, 0);

        for my $event (@events) {
            if ($event->[1] == 0 || $event->[1] >= 500) {
                $last = $event->[0] if $event->[0] > $last;
                $good = 0;
            } else {
                $good++;
            }
        }
    } until (time - $last > 0.3 && $good > 12 || time - $over > 10 * $slow);

    return $last - $over <= 2 * $slow && $good > 12
           ? () : sprintf '%s: errors for %.1f s, then %d good ones', $name,
                          $last - $over, $good;
}


sub rest {
    my (@writers) = @_;

    my $end = time + 15 * $slow;

    $_->rest for @writers;
    wait_a_while(0.01)
        while time < $end && grep { !$_->resting } @writers;

    return map { "$_->{name} hangs" } grep { !$_->resting } @writers;
}


# every lead of the tenant against what the writers know of them

sub leads_as_known {
    my ($crm, @writers) = @_;

    my (%there, @faults);
    my %made  = map { %{ $_->{made} } } @writers;
    my %maybe = map { %{ $_->{maybe} } } @writers;
    my %own   = map { $_->{lead} ? ($_->{lead}{id} => 1) : () } @writers;

    for my $lead ($writers[0]->all('/leads?active=any&state=open,won,lost'
            . '&fields=name,city,description,expected_revenue')) {
        my $name = $lead->{name};
        my $n    = $lead->{expected_revenue};

        push @faults, "\"$name\" is there twice" if $there{$name}++;
        push @faults, "\"$name\" was never asked for"
            if !$made{$name} && !$maybe{$name};
        push @faults, "\"$name\" has another id"
            if $made{$name} && $made{$name} != $lead->{id};
        push @faults, "\"$name\" is half there"
            if $lead->{city} ne "city $n"
               || $lead->{description} ne "text $n";
    }

    push @faults, map { "\"$_\" ($made{$_}) is lost" }
                  grep { !$there{$_} } sort keys %made;

    return @faults;
}


# Open files and memory of each worker stay within bounds: there are six
# writers, and nobody else.

sub workers_as_known {
    my @faults;

    for my $worker ($server->workers) {
        my @fds = glob "/proc/$worker/fd/*";
        my ($rss) = (eval { CRM::Server::slurp("/proc/$worker/status") } // '')
                    =~ /VmRSS:\s*(\d+)/;

        push @faults, "worker $worker: " . @fds . ' open files' if @fds > 120;
        push @faults, "worker $worker: $rss KiB"
            if ($rss // 0) > 160_000 * $slow;
    }

    return @faults;
}


sub one_fault {
    my ($crm, $name, @writers) = @_;

    my @faults;

    $_->work for @writers;
    wait_a_while(0.15);

    @events = ();
    $FAULTS{$name}->();

    push @faults, recovered_ok($name);
    push @faults, rest(@writers);
    $failed{$name} += grep { $_->[1] == 0 || $_->[1] >= 500 } @events;

    if (!@faults) {
        push @faults, workers_as_known(), leads_as_known($crm, @writers);
        $_->verify for @writers;
        push @faults, map { $_->faults } @writers;
    }

    splice @faults, 10 if @faults > 10;
    is(join("\n", @faults), '', $name);
    $crm->check_clean("$name: the checker is clean");

    return !@faults;
}


# ---- rounds --------------------------------------------------------------

my ($begun, $count) = (time, 0);
my @known;

ROUND: for my $round (1 .. $rounds) {
    my $crm = CRM::Test->tenant(server => $server);
    my @writers = begin($crm);

    push @known, [ $crm, @writers ];

    # the cuts come last: they need the proxy in between
    my @names = map { $_->[1] } sort { $a->[0] <=> $b->[0] }
                map { [ rand() + /cut in/, $_ ] } sort keys %FAULTS;

    for my $name (@names) {
        if ($name =~ /cut in/) {
            configure(1);
            $server->reload;
        }

        $count++;
        one_fault($crm, $name, @writers) or last ROUND;
    }

    configure(0);
    $server->reload;
    $server->wait_for('old workers to end', 20,
                      sub { $server->workers == $server->{workers} });
}

is(join("\n", map { leads_as_known(@$_) } @known), '',
   'in the end all that was acknowledged is there');

# a batch has a minute (src/http/crm_lead_batch.c)
my $batch = delete $longest{'POST /leads/batch'} // 0;
my ($slowest) = sort { $longest{$b} <=> $longest{$a} } keys %longest;

cmp_ok($longest{$slowest}, '<', 3 + 1.5 * $slow,
       "no request took longer than its deadline: $slowest");
cmp_ok($batch, '<', 60, 'nor a batch');

# requests that failed, by fault: one that hurts nobody proves nothing
diag(sprintf '%d faults, %d requests, %.0f s, longest %.1f s, batch %.1f s',
     $count, $total, time - $begun, $longest{$slowest}, $batch);
diag(join ', ', map { "$_: $failed{$_}" } sort keys %failed)
    if $rounds > 1;

done_testing;
