package CRM::Server;

# A Redis and an nginx with the module, in a directory and on a port of their
# own.  Starts, stops, hurts and inspects them; knows nothing of the API but
# the health check.
#
# As root, workers and Redis run as www-data, as they do in production.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw(WNOHANG setsid);
use Time::HiRes qw(sleep time);

my $TOP = abs_path(dirname(__FILE__) . '/../../..');

# nginx, which Debian shows to root only
$ENV{PATH} .= ':/usr/sbin:/sbin';

# what may never stand in an error log
my $BAD = qr/\[(?:alert|emerg|crit)\]|runtime\ error:|Sanitizer/x;


# Options: workers (2), redis ("line\n..." for redis.conf), main, events, http,
# server, location (lines for those blocks of nginx.conf), crm_redis (further
# arguments of that directive), operator_key, daemon (so that nginx can be
# upgraded), no_start.

sub new {
    my ($class, %options) = @_;

    my $self = bless {
        workers => 2,
        owner   => $$,
        allowed => [],
        started => 0,
        dir     => tempdir('crm-test-XXXXXXXX', TMPDIR => 1),
        module  => module(),
        key     => 'operator-key-of-the-tests',
        %options,
    }, $class;

    chmod 0755, $self->{dir};
    make_path("$self->{dir}/redis", "$self->{dir}/tmp", "$self->{dir}/asan");

    $self->{port} ||= free_port();
    $self->chown_for_workers('redis', 'asan');
    $self->write('operator.key', "$self->{key}\n");
    chmod 0600, "$self->{dir}/operator.key";
    $self->write('nginx.conf', $self->nginx_conf);
    $self->write('redis.conf', $self->redis_conf);

    $self->start unless $options{no_start};

    return $self;
}


# the one that t/run.pl started for all test files

sub attach {
    my ($class, $dir) = @_;

    my ($port, $key) = split /\n/, slurp("$dir/shared");

    return bless {
        dir => $dir, port => $port, key => $key, owner => 0, shared => 1,
    }, $class;
}


sub share {
    my ($self) = @_;

    $self->write('shared', "$self->{port}\n$self->{key}\n");
}


sub module {
    return $ENV{CRM_MODULE} // "$TOP/build/ngx_http_crm_module.so";
}


# under AddressSanitizer or Valgrind: slow, and memory is not what it is

sub sanitized {
    return $ENV{CRM_SANITIZE} || $ENV{CRM_VALGRIND} ? 1 : 0;
}


sub dir  { return $_[0]{dir} }
sub port { return $_[0]{port} }
sub key  { return $_[0]{key} }


# ---- start and stop ------------------------------------------------------

sub start {
    my ($self) = @_;

    $self->start_redis;
    $self->start_nginx;

    return $self;
}


sub stop {
    my ($self) = @_;

    $self->stop_nginx;
    $self->stop_redis;
}


sub start_redis {
    my ($self) = @_;

    # as conf/systemd does
    system("$TOP/conf/redis-repair.sh $self->{dir}/redis "
           . ">> $self->{dir}/repair.out 2>&1") == 0
        or die "redis-repair.sh fails: see $self->{dir}/repair.out\n";

    $self->spawn('redis', bound(), user(), 'redis-server',
                 "$self->{dir}/redis.conf");

    $self->wait_for('Redis', 30, sub {
        ($self->try_redis('PING') // '') eq 'PONG';
    });
}


# SIGTERM, as an administrator does; "KILL" as a crash does

sub stop_redis {
    my ($self, $signal) = @_;

    $self->end('redis', $signal // 'TERM');
}


sub kill_redis   { return $_[0]->stop_redis('KILL') }
sub pause_redis  { return kill 'STOP', $_[0]{pid}{redis} }
sub resume_redis { return kill 'CONT', $_[0]{pid}{redis} }


sub start_nginx {
    my ($self) = @_;

    my @env = $ENV{CRM_SANITIZE} ? $self->sanitizer_env
              : $ENV{CRM_VALGRIND} ? $self->valgrind : ();

    $self->{started}++;
    ask_for_orphans() if $self->{daemon};
    unlink "$self->{dir}/nginx.pid";
    $self->spawn('nginx', bound(), 'env', @env, binary(), '-e',
                 "$self->{dir}/error.log", '-c', "$self->{dir}/nginx.conf");

    $self->adopt_nginx if $self->{daemon};
    $self->wait_for('nginx', 30, sub { $self->ready });
}


# by its whole path: an upgrade starts what the first argument names

sub binary {
    my ($path) = grep { -x } map { "$_/nginx" } split /:/, $ENV{PATH};

    return $path // die "no nginx in PATH\n";
}


# A daemon has left us: the master becomes our child, as we ask for orphans.

sub adopt_nginx {
    my ($self) = @_;

    my $begun = delete $self->{pid}{nginx};

    waitpid $begun, 0;
    $self->{pid}{nginx} = $self->{group}{nginx} = $self->new_master($begun);
}


# the pid in the file, once it is another with all its workers

sub new_master {
    my ($self, $old) = @_;

    my $end = time + 20;

    while (time < $end) {
        my ($pid) = (eval { slurp("$self->{dir}/nginx.pid") } // '')
                    =~ /^(\d+)\n/;

        return $pid if $pid && $pid != $old
                       && children($pid) >= $self->{workers};
        sleep 0.02;
    }

    die "no new master:\n" . $self->output('nginx');
}


# PR_SET_CHILD_SUBREAPER

sub ask_for_orphans {
    my $prctl = (POSIX::uname())[4] eq 'x86_64' ? 157 : 167;

    syscall($prctl, 36, 1, 0, 0, 0) == 0 or die "prctl: $!\n";
}


# ready in every worker: each has its own connection to Redis

sub ready {
    my ($self) = @_;

    for (1 .. 4 * $self->{workers}) {
        my $answer = eval {
            $self->raw("GET /operator/v1/health/ready HTTP/1.0\r\n\r\n", 2);
        } // '';

        return 0 unless $answer =~ m{^HTTP/1\.[01] 200 };
    }

    return 1;
}


sub wait_ready {
    my ($self, $seconds) = @_;

    $self->wait_for('health/ready', $seconds // 10, sub { $self->ready });
}


sub stop_nginx {
    my ($self, $signal) = @_;

    $self->end('nginx', $signal // 'QUIT');
}


# waits until the new workers answer and the old ones are gone or draining

sub reload {
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->workers;

    kill 'HUP', $self->{pid}{nginx};

    $self->wait_for('new workers', 20, sub {
        my @active = grep { title($_) !~ /shutting down/ } $self->workers;

        return @active >= $self->{workers} && !grep { $old{$_} } @active;
    });
}


# A new master from the same file beside the old one, which then drains and
# ends (nginx's signals USR2 and QUIT).  nginx can do it as a daemon only.

sub upgrade {
    my ($self) = @_;

    my $old = $self->{pid}{nginx};

    kill 'USR2', $old;
    $self->{pid}{nginx} = $self->new_master($old);
    kill 'QUIT', $old;

    my $end = time + 30;

    while (waitpid($old, WNOHANG) == 0) {
        die "the old master does not end\n" if time > $end;
        sleep 0.02;
    }
}


sub children {
    my ($pid) = @_;

    return split ' ', eval { slurp("/proc/$pid/task/$pid/children") } // '';
}


# the pids of the worker processes, draining ones included

sub workers {
    my ($self) = @_;

    my $pid = $self->{pid}{nginx} or return;

    return grep { title($_) =~ /^nginx: worker/ } children($pid);
}


# Valgrind keeps the title to itself

sub title {
    my ($pid) = @_;

    return 'nginx: worker process' if $ENV{CRM_VALGRIND};
    return eval { slurp("/proc/$pid/cmdline") } // '';
}


sub kill_workers {
    my ($self, $signal) = @_;

    $signal //= 'KILL';
    $self->allow_log(qr/worker process \d+ exited on signal/);

    return kill $signal, $self->workers;
}


sub nginx_pid { return $_[0]{pid}{nginx} }
sub redis_pid { return $_[0]{pid}{redis} }


# ---- talking to them -----------------------------------------------------

# a connected socket to nginx

sub socket {
    my ($self) = @_;

    return IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $self->{port},
        Timeout  => 5,
    ) || die "connect: $!\n";
}


# Sends bytes as they are, returns all that comes until nginx closes, or until
# nothing has come for so many seconds.

sub raw {
    my ($self, $bytes, $seconds) = @_;

    my $socket = $self->socket;

    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($bytes);

    return read_all($socket, $seconds);
}


sub read_all {
    my ($socket, $seconds) = @_;

    my $select = IO::Select->new($socket);
    my $answer = '';

    while ($select->can_read($seconds // 5)) {
        sysread $socket, $answer, 65536, length $answer or last;
    }

    return $answer;
}


# One Redis command.  Strings as bytes, nil as undef, arrays as references;
# an error reply dies.

sub redis {
    my ($self, @command) = @_;

    # what can be read before anything is asked is the end: somebody killed it

    delete $self->{redis_socket}
        if $self->{redis_socket}
           && IO::Select->new($self->{redis_socket})->can_read(0);

    my $socket = $self->{redis_socket} //= IO::Socket::UNIX->new(
        Peer => "$self->{dir}/redis/redis.sock",
    ) or die "Redis: $!\n";

    utf8::encode($_) for @command;

    my $sent = join '', '*', scalar @command, "\r\n",
        map { '$' . length($_) . "\r\n$_\r\n" } @command;

    local $SIG{PIPE} = 'IGNORE';
    my $reply = eval { print {$socket} $sent; read_reply($socket) };

    if ($@) {
        delete $self->{redis_socket} if $@ =~ /^Redis is gone/;
        die $@;
    }

    return $reply;
}


sub try_redis {
    my ($self, @command) = @_;

    delete $self->{redis_socket};

    return eval { $self->redis(@command) };
}


sub read_reply {
    my ($socket) = @_;

    local $/ = "\r\n";
    my $line = <$socket> // die "Redis is gone\n";
    chomp $line;

    my ($type, $rest) = $line =~ /^(.)(.*)/s;

    die "$rest\n" if $type eq '-';
    return $rest if $type eq '+' || $type eq ':';
    return undef if $rest == -1;
    return [ map { read_reply($socket) } 1 .. $rest ] if $type eq '*';

    read $socket, my $data, $rest + 2;

    return substr $data, 0, $rest;
}


# ---- logs ----------------------------------------------------------------

sub error_log {
    my ($self) = @_;

    return eval { slurp("$self->{dir}/error.log") } // '';
}


# lines that this test provokes

sub allow_log {
    my ($self, $pattern) = @_;

    push @{ $self->{allowed} }, $pattern;
}


# the lines that must not be there: alerts, sanitizer reports, leaks

sub faults {
    my ($self) = @_;

    my @lines = grep { /$BAD/ } split /\n/, $self->error_log;

    for my $allowed (@{ $self->{allowed} }) {
        @lines = grep { $_ !~ $allowed } @lines;
    }

    push @lines, map { report(slurp($_)) } glob "$self->{dir}/asan/*";

    return @lines;
}


# A sanitizer's report without the leaks of nginx itself, which keeps some
# memory until the process ends: those with nothing but nginx, PCRE2 and libc
# in their stack.

sub report {
    my ($text) = @_;

    my @ours = grep {
        !/LeakSanitizer: detected memory leaks\s*\z/
        && !/^SUMMARY: .* leaked in/
        && !(/^(?:Direct|Indirect) leak/ && nginx_only($_))
    } split /\n\s*\n/, $text;

    return map { split /\n/ } grep { /\S/ } @ours;
}


sub nginx_only {
    my ($leak) = @_;

    my @frames = $leak =~ /^ *#[1-9]\d* (.*)/mg;

    return !grep {
        !m{\(/usr/sbin/nginx\+|/libpcre2-8\.so|/libc\.so|libc-start|\bcsu/}
        && !m{ in (?:ngx_\w+|main) src/}       # built by nginx-palloc.sh
    } @frames;
}


# ---- files ---------------------------------------------------------------

sub write {
    my ($self, $name, $text) = @_;

    open my $fh, '>', "$self->{dir}/$name" or die "$name: $!\n";
    print {$fh} $text;
    close $fh or die "$name: $!\n";
}


sub slurp {
    my ($file) = @_;

    open my $fh, '<', $file or die "$file: $!\n";
    local $/;

    return <$fh> // '';
}


sub chown_for_workers {
    my ($self, @names) = @_;

    return if $> != 0;

    my (undef, undef, $uid, $gid) = getpwnam 'www-data';
    chown $uid, $gid, map { "$self->{dir}/$_" } @names;
}


sub redis_conf {
    my ($self) = @_;

    my $conf = slurp("$TOP/conf/redis.conf");
    my $dir  = "$self->{dir}/redis";

    # Redis enters the first directory that it reads
    $conf =~ s{^dir .*\n}{}m;

    # the socket's directory is Redis' own, so that it may make it there
    return <<END . ($self->{redis} // '');
$conf
daemonize no
dir $dir
unixsocket $dir/redis.sock
unixsocketperm 700
pidfile ""
logfile $dir/redis.log
END
}


sub nginx_conf {
    my ($self) = @_;

    my $dir  = $self->{dir};
    my $user = $> == 0 ? 'user www-data;' : '';

    my %add = map { $_ => $self->{$_} // '' }
              qw(main events http server location crm_redis);

    return <<END;
load_module "$self->{module}";
$user
daemon @{[ $self->{daemon} ? 'on' : 'off' ]};
worker_processes $self->{workers};
worker_shutdown_timeout 20s;
pid $dir/nginx.pid;
error_log $dir/error.log info;
thread_pool crm_mail threads=2 max_queue=1024;
$add{main}

events {
    worker_connections 1024;
    $add{events}
}

http {
    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;

    log_format test '\$status "\$request" tenant=\$crm_tenant '
                    'user=\$crm_user route="\$crm_route" '
                    'redis=\$crm_redis_time';
    access_log $dir/access.log test;

    gzip on;
    gzip_min_length 256;
    gzip_types application/json application/problem+json;

    keepalive_requests 100000;

    map \$host \$crm_host_tenant {
        default "";
        "~^(?<crm_host_label>[^.]+)\\.localhost\$" \$crm_host_label;
    }

    crm_redis unix:$dir/redis/redis.sock $add{crm_redis};
    $add{http}

    server {
        listen 127.0.0.1:$self->{port};
        client_max_body_size 8m;
        client_body_buffer_size 64k;
        client_body_timeout 10s;
        client_header_timeout 10s;
        large_client_header_buffers 4 16k;

        error_page 400 401 403 404 405 408 413 414 415 421 429 500 501 502
                   503 504 505 /-/problem;
        error_page 494 =431 /-/problem;

        location = /-/problem {
            internal;
            crm_problem;
        }

        $add{server}

        location / {
            return 404;
        }

        location /crm/v1 {
            crm on;
            crm_tenant \$crm_host_tenant;
            client_max_body_size 25m;
            crm_mail_limit 25m;
            crm_mail_threads crm_mail;
            $add{location}
        }

        location /operator/v1 {
            crm_operator on;
            crm_operator_key_file $dir/operator.key;
        }
    }
}
END
}


# ---- processes -----------------------------------------------------------

# Whoever is started ends with the test, however that ends.

sub bound { return qw(setpriv --pdeathsig TERM) }


sub user {
    return $> == 0 ? qw(--reuid=www-data --regid=www-data --clear-groups) : ();
}


sub sanitizer_env {
    my ($self) = @_;

    my @libs = map { my $path = `gcc -print-file-name=$_`; chomp $path; $path }
               qw(libasan.so libubsan.so);
    my $log = "$self->{dir}/asan/report";

    # the slow unwinder sees through nginx, which has no frame pointers
    return (
        'LD_PRELOAD=' . join(':', @libs),
        "ASAN_OPTIONS=log_path=$log:detect_leaks=1:"
        . "fast_unwind_on_malloc=0:malloc_context_size=5:"
        . "intercept_tls_get_addr=0",   # it faults on what is thread-local
        "UBSAN_OPTIONS=log_path=$log:print_stacktrace=1",
        "LSAN_OPTIONS=exitcode=0",
    );
}


# masters and workers write their reports where those of sanitizers are looked
# for; "env" starts it

sub valgrind {
    my ($self) = @_;

    return ('G_SLICE=always-malloc', 'valgrind', '--quiet', '--leak-check=no',
            "--suppressions=$TOP/t/valgrind.supp", '--num-callers=20',
            "--log-file=$self->{dir}/asan/report.%p");
}


sub spawn {
    my ($self, $name, @command) = @_;

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/$name.out";
        open STDERR, '>&', \*STDOUT;
        POSIX::close($_) for 3 .. 63;
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    $self->{pid}{$name} = $pid;
    delete $self->{group}{$name};
}


sub end {
    my ($self, $name, $signal) = @_;

    die "$name is shared by all tests: use CRM::Test->private\n"
        if $self->{shared};

    my $pid = delete $self->{pid}{$name} or return;
    my $end = time + 30;

    kill 'CONT', $pid;
    kill $signal, $pid;

    while (waitpid($pid, WNOHANG) == 0) {
        if (time > $end) {
            push @{ $self->{overdue} }, $name;
            kill 'KILL', -($self->{group}{$name} // $pid);
            waitpid $pid, 0;
            last;
        }
        sleep 0.02;
    }
}


sub wait_for {
    my ($self, $what, $seconds, $done) = @_;

    my $end = time + $seconds;

    until ($done->()) {
        for my $name (keys %{ $self->{pid} // {} }) {
            next if waitpid($self->{pid}{$name}, WNOHANG) == 0;
            delete $self->{pid}{$name};
            die "$name ended:\n" . $self->output($name);
        }

        die "$what: not within $seconds s\n" . $self->output('nginx')
            if time > $end;

        sleep 0.02;
    }
}


sub output {
    my ($self, $name) = @_;

    my $log = $name eq 'nginx' ? 'error.log' : 'redis/redis.log';
    my $text = join '', map { eval { slurp("$self->{dir}/$_") } // '' }
               "$name.out", $log;

    return substr($text, -4000);
}


sub free_port {
    my $socket = IO::Socket::INET->new(
        Listen => 1, LocalAddr => '127.0.0.1', ReuseAddr => 1,
    ) or die "no free port: $!\n";

    return $socket->sockport;
}


# Ends what still runs.  True if nothing was wrong with any of it; else says
# what, and leaves the directory for reading.

sub finish {
    my ($self) = @_;

    return 1 if $self->{shared} || $self->{finished}++;

    $self->stop;

    my @faults = $self->faults;
    push @faults, map { "$_ did not end when told to" }
        @{ $self->{overdue} // [] };

    if (@faults) {
        splice @faults, 60 if @faults > 60;
        print STDERR map { "# $_\n" } "in $self->{dir}:", @faults;
        return 0;
    }

    remove_tree($self->{dir}) unless $ENV{CRM_KEEP};

    return 1;
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $@, $!);
    return if $self->{owner} != $$ || $self->{finished};

    # each leads its own process group: workers must not be left behind
    kill 'KILL', map { -$_ } values %{ $self->{pid} // {} },
                             values %{ $self->{group} // {} };
}


1;
