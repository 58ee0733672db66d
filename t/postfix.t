# conf/postfix with a real Postfix on loopback: mail in by SMTP, a lead out,
# bounces back to the sender, mail kept while the store is away.

use utf8;
use CRM::Test;
use CRM::Server;
use Cwd qw(abs_path);
use File::Copy qw(copy);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

plan(skip_all => 'Postfix needs root') if $> != 0;
plan(skip_all => 'no Postfix') unless -x '/usr/sbin/postfix'
                                      && getpwnam('postfix');

my $server  = CRM::Test->private(workers => 1);
my $crm     = CRM::Test->tenant(server => $server);
my $gateway = $crm->user(name => 'Gateway', role => 'mail_gateway');
my $team    = $crm->get('/teams')->json->{data}[0]{id};
my $dir     = $server->dir . '/postfix';
my $port    = CRM::Server::free_port();
my $owner   = $$;

$crm->status_ok($crm->patch("/teams/$team", { alias => 'sales' }), 200,
                'an alias');


# ---- a Postfix of its own ------------------------------------------------

sub put {
    my ($name, $text) = @_;

    open my $fh, '>', "$dir/$name" or die "$name: $!";
    print {$fh} $text;
    close $fh;
}


mkdir "$dir$_" for '', qw(/etc /queue /data /bin /sent);

my ($postfix) = (getpwnam 'postfix')[2];
my ($nobody)  = (getpwnam 'www-data')[2];

chown $postfix, -1, "$dir/data";
chown $nobody, -1, "$dir/sent";

# as an administrator installs it
copy('conf/postfix/crm-inbound', "$dir/bin/crm-inbound") or die $!;
chmod 0755, "$dir/bin/crm-inbound";
put('mail.conf', "# comment\n\ncrm.example http://" . $crm->slug
    . '.localhost:' . $server->port . "/crm/v1 $dir/header\n");
put('header', 'Authorization: Bearer ' . $gateway->token . "\n");

my $shipped = CRM::Server::slurp('conf/postfix/main.cf');

put('etc/main.cf', <<"END" . $shipped);
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example
mydestination =
mynetworks = 127.0.0.0/8
maillog_file = $dir/log/mail.log
maillog_file_prefixes = $dir
import_environment = MAIL_CONFIG CRM_MAIL_CONF PATH
export_environment = CRM_MAIL_CONF PATH
alias_maps =
alias_database =
default_transport = sink
END

# the shipped map, and bounces to whoever wrote end in files

my $master = CRM::Server::slurp('conf/postfix/master.cf');

$master =~ s{user=nginx-crm}{user=www-data};
$master =~ s{/usr/local/lib/nginx-crm/crm-inbound}{$dir/bin/crm-inbound}
    or die 'master.cf has another path';

put('etc/master.cf', <<"END" . $master);
127.0.0.1:$port inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
sink      unix - n n - 1 pipe
  flags=R user=www-data argv=$dir/bin/sink \${recipient}
END

# seen only when it is whole
put('bin/sink', "#!/bin/sh\ncat > $dir/sent/.\$\$\n"
    . "mv $dir/sent/.\$\$ $dir/sent/\$1.\$\$\n");
chmod 0755, "$dir/bin/sink";
mkdir "$dir/log";

$ENV{CRM_MAIL_CONF} = "$dir/mail.conf";


sub postfix {
    my (@args) = @_;

    return system('/usr/sbin/postfix', '-c', "$dir/etc", @args) == 0;
}


sub log_of { return eval { CRM::Server::slurp("$dir/log/mail.log") } // '' }

sub until_true {
    my ($seconds, $done) = @_;

    my $end = time + $seconds;

    until ($done->()) {
        return 0 if time > $end;
        sleep 0.05;
    }

    return 1;
}


sub listening {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
                                 Timeout => 2);
}


open my $stderr, '>&', \*STDERR;
open STDERR, '>', "$dir/start.err";
my $started = postfix('check') && postfix('start');
open STDERR, '>&', $stderr;

END {
    if ($owner == $$ && $started) {
        my $status = $?;
        open STDERR, '>', '/dev/null';
        postfix('stop');
        $? = $status;
    }
}

if (!$started || !until_true(15, \&listening)) {
    diag(CRM::Server::slurp("$dir/start.err"), log_of());
    plan(skip_all => 'Postfix cannot run here') unless $started;
    BAIL_OUT('Postfix does not listen');
}


# ---- SMTP ----------------------------------------------------------------

sub smtp {
    my ($from, $to, $message) = @_;

    my $socket = listening() or die "smtp: $!";
    my @said;

    my $talk = sub {
        my ($line) = @_;

        print {$socket} "$line\r\n" if defined $line;

        my $answer = '';
        while (defined(my $part = <$socket>)) {
            $answer = $part;
            last if $part =~ /^\d{3} /;
        }
        push @said, $answer;

        return $answer;
    };

    $talk->();
    $talk->('EHLO test.example');
    $talk->("MAIL FROM:<$from>");
    $talk->("RCPT TO:<$to>");
    return $said[-1] unless $said[-1] =~ /^250/;

    $talk->('DATA');
    $message =~ s/\r?\n/\r\n/g;
    $message =~ s/^\./../mg;
    my $answer = $talk->("$message\r\n.");
    $talk->('QUIT');

    return $answer;
}


sub leads { return $crm->get('/leads?sort=id')->json->{data} }

sub sent {
    my ($to) = @_;

    return map { CRM::Server::slurp($_) } sort glob "$dir/sent/$to.*";
}


sub queued {
    my $text = `/usr/sbin/postqueue -c $dir/etc -p`;

    die "postqueue: $text" if $?;

    return $text =~ /empty/ ? 0 : scalar(() = $text =~ /^[0-9A-F]{6,}/mg);
}


sub flush {
    ok(system('/usr/sbin/postqueue', '-c', "$dir/etc", '-f') == 0,
       'the queue is flushed');
}


sub mail_of {
    my ($id, $subject, $body) = @_;

    return <<"END";
From: Mina Karimi <mina\@sender.example>
To: Sales <sales\@crm.example>
Subject: $subject
Message-ID: <$id\@sender.example>

$body
END
}


# ---- in by SMTP, a lead out ----------------------------------------------

like(smtp('mina@sender.example', 'Sales@CRM.example',
          mail_of('one', 'Forty chairs', ".a dot\nHow much?")),
     qr/^250/, 'accepted');
ok(until_true(20, sub { @{ leads() } == 1 }), 'a lead') or diag(log_of());

my $lead = leads()->[0];
my $full = $crm->get("/leads/$lead->{id}")->json;

is($full->{name}, 'Forty chairs', '... its name');
is($full->{email}, 'mina@sender.example', '... its e-mail');
is($full->{description}, ".a dot\nHow much?", '... its text');
ok(until_true(10, sub { queued() == 0 }), 'the queue is empty');

like(smtp('mina@sender.example', 'sales@crm.example',
          mail_of('one', 'Forty chairs', 'again')), qr/^250/,
     'the same Message-ID again');
ok(until_true(20, sub { queued() == 0 }), '... delivered');
is(@{ leads() }, 1, '... no second lead');

my $big = mail_of('big', 'Large', "line of text of some length\n" x 200_000);

like(smtp('mina@sender.example', 'sales@crm.example', $big), qr/^250/,
     '5.6 MB');
ok(until_true(30, sub { @{ leads() } == 2 }), '... a lead');


# ---- bounces -------------------------------------------------------------

like(smtp('lost@sender.example', 'nobody@crm.example',
          mail_of('two', 'Lost', 'x')), qr/^250/, 'to no alias: accepted');
ok(until_true(20, sub { sent('lost@sender.example') }), '... bounces');

my ($bounce) = sent('lost@sender.example');

like($bounce, qr/^Status: 5\.1\.1/m, '... with the status of a bad address');
like($bounce, qr/nobody reads mail at this address/, '... in words');

$crm->status_ok($crm->patch("/teams/$team", { alias_policy => 'contacts' }),
                200, 'contacts only');
smtp('refused@sender.example', 'sales@crm.example',
     mail_of('three', 'Refused', 'x'));
ok(until_true(20, sub { sent('refused@sender.example') }),
   'a sender who is refused: a bounce');
like((sent('refused@sender.example'))[0], qr/^Status: 5\.7\.1/m,
     '... with its status');
$crm->status_ok($crm->patch("/teams/$team", { alias_policy => 'everyone' }),
                200, 'everyone again');
is(@{ leads() }, 2, 'neither left anything');

# a bounce that comes in makes no lead

like(smtp('', 'sales@crm.example', mail_of('four', 'Undelivered', 'x')),
     qr/^250/, 'from nobody, as bounces are');
ok(until_true(20, sub { queued() == 0 }), '... taken');
is(@{ leads() }, 2, '... no lead');


# ---- the store is away ---------------------------------------------------

$server->allow_log(qr/./);
$server->stop_redis;

like(smtp('mina@sender.example', 'sales@crm.example',
          mail_of('five', 'Patient', 'x')), qr/^250/,
     'Redis is down: accepted');
ok(until_true(20, sub { log_of() =~ /status=deferred.*store_unavailable/ }),
   '... kept in the queue') or diag(log_of());
is(queued(), 1, '... one message waits');

$server->start_redis;
$server->wait_ready(20);
flush();
ok(until_true(30, sub { queued() == 0 }), 'tried again: delivered')
    or diag(log_of());
is(scalar(grep { $_->{name} eq 'Patient' } @{ leads() }), 1, '... one lead');
is_deeply([ sent('mina@sender.example') ], [], 'nothing bounced to her');


# ---- mistakes of the configuration keep the mail --------------------------

put('header', "Authorization: Bearer wrong\n");
smtp('mina@sender.example', 'sales@crm.example', mail_of('six', 'Six', 'x'));
ok(until_true(20, sub { log_of() =~ /status=deferred.*401 unauthorized/ }),
   'a bad token: kept') or diag(log_of());

put('header', 'Authorization: Bearer ' . $gateway->token . "\n");
flush();
ok(until_true(30, sub { queued() == 0 }), '... delivered once mended');


$crm->check_clean;
done_testing;
