# Mail is parsed beside the event loop: other requests do not wait for it,
# clients that leave, reloads and full queues harm nothing, memory stays.

use utf8;
use CRM::Test;
use CRM::Server;
use Time::HiRes qw(sleep time);

my $server  = CRM::Test->private(workers => 1);
my $crm     = CRM::Test->tenant(server => $server);
my $gateway = $crm->user(name => 'Gateway', role => 'mail_gateway');
my $team    = $crm->get('/teams')->json->{data}[0]{id};
my $path    = '/crm/v1/mail/inbound?recipient=sales@crm.example';
my $count   = 0;

$crm->patch("/teams/$team", { alias => 'sales' });


sub mail {
    my ($body) = @_;

    my $n = ++$count;

    return "From: Mina <mina$n\@example.com>\r\nSubject: Mail $n\r\n"
         . "Message-ID: <$n\@threads.example>\r\n"
         . "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
         . "--b\r\nContent-Type: text/plain\r\n\r\nHello $n\r\n"
         . "--b\r\nContent-Type: application/pdf\r\n"
         . "Content-Transfer-Encoding: base64\r\n\r\n$body\r\n--b--\r\n";
}


sub deliver {
    my ($raw) = @_;

    return [ 'POST', $path, { raw => $raw, token => $gateway->token,
             headers => { 'Content-Type' => 'message/rfc822' } } ];
}


sub head_of {
    my ($raw) = @_;

    return "POST $path HTTP/1.1\r\nHost: " . $crm->slug . ".localhost\r\n"
         . 'Authorization: Bearer ' . $gateway->token . "\r\n"
         . "Content-Type: message/rfc822\r\nContent-Length: " . length($raw)
         . "\r\nConnection: close\r\n\r\n";
}


sub total {
    return $crm->get('/leads?total=true&limit=1')->json->{total};
}


sub p99 {
    my (@times) = sort { $a <=> $b } @_;

    return $times[int(0.99 * $#times)];
}


# ---- other requests while 10 MB are parsed -------------------------------

my $lead  = $crm->post('/leads', { name => 'Lead' })->json->{id};
my $large = mail('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w' x 0
                 . join('', map { 'QUJDREVGR0hJSktMTU5PUFFS' x 3 . "\r\n" }
                                1 .. 140_000));

cmp_ok(length $large, '>', 10e6, '10 MB of attachment');

my ($res) = $crm->concurrently(deliver($large));
$crm->status_ok($res, 201, '... are taken');

is($crm->get('/leads/' . $res->json->{lead_id} . '/messages')->json->{data}[0]
   {attachments}[0]{size}, 140_000 * 54, '... and measured when decoded');

my @senders = map {
    my $raw = $large =~ s/<1\@/<large-$_\@/r;
    my $socket = $server->socket;
    print {$socket} head_of($raw), $raw;
    $socket;
} 1 .. 6;

my @times;

for (1 .. 200) {
    my $start = time;
    my $got = $crm->get("/leads/$lead");

    push @times, time - $start;
    $crm->status_ok($got, 200) if $got->status != 200;
}

is(scalar(grep { CRM::Server::read_all($_, 30) =~ m{^HTTP/1.1 201} } @senders),
   6, 'six more at once');
cmp_ok(p99(@times), '<', 0.25, 'GETs did not wait for them');
diag(sprintf('p99 of GET beside 60 MB of mail: %.1f ms', 1000 * p99(@times)));


# ---- clients that leave --------------------------------------------------

my $before = total();

for my $n (1 .. 20) {
    my $raw = $large =~ s/<1\@/<gone-$n\@/r;
    my $socket = $server->socket;

    # whole, in part, or just not read
    print {$socket} head_of($raw),
                    $n % 3 ? $raw : substr($raw, 0, length($raw) / 2);
    close $socket;
}

ok($crm->get("/leads/$lead")->status == 200, 'served after clients have left');

my $end = time + 20;
my $last = -1;

while (time < $end && (my $now = total()) != $last) {
    $last = $now;
    sleep 0.3;
}

cmp_ok($last - $before, '<=', 14, 'no half message has become a lead');


# ---- reload --------------------------------------------------------------

my @slow = map {
    my $raw = $large =~ s/<1\@/<reload-$_\@/r;
    my $socket = $server->socket;
    print {$socket} head_of($raw), $raw;
    $socket;
} 1 .. 4;

$server->reload;

is(scalar(grep { CRM::Server::read_all($_, 30) =~ m{^HTTP/1.1 201} } @slow),
   4, 'mail under way during a reload is taken');


# ---- memory --------------------------------------------------------------

sub rss {
    my ($pid) = $server->workers;

    return CRM::Server::slurp("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/ ? $1 : 0;
}


sub many {
    my ($n) = @_;

    for (1 .. $n / 50) {
        my @got = $crm->concurrently(map { deliver(mail('QUJD' x 2000)) }
                                         1 .. 50);
        my @bad = grep { $_->status != 201 } @got;

        is(scalar @bad, 0, 'all taken') if @bad;
    }
}

$end = time + 20;
sleep 0.1 while $server->workers > 1 && time < $end;

many(1000);
my $rss = rss();
many(3000);

my $more = rss() - $rss;

cmp_ok($more, '<', CRM::Server::sanitized() ? 200_000 : 8_000,
       '3,000 more mails: the worker does not grow')
    or diag("$more KB");


# ---- a queue that is full ------------------------------------------------

$crm->check_clean;

my $small = CRM::Test->private(workers => 1, main =>
    'thread_pool tiny threads=1 max_queue=1;',
    location => 'crm_mail_threads tiny;', no_start => 1);

$small->write('nginx.conf', CRM::Server::slurp($small->dir . '/nginx.conf')
                            =~ s/crm_mail_threads crm_mail;//r);
$small->start;

my $other = CRM::Test->tenant(server => $small);
my $guard = $other->user(name => 'Gateway', role => 'mail_gateway');

$other->patch('/teams/' . $other->get('/teams')->json->{data}[0]{id},
              { alias => 'sales' });
$small->allow_log(qr/thread pool "tiny" queue overflow/);

my @got = $other->concurrently(map {
    [ 'POST', $path, { raw => $large =~ s/<1\@/<full-$_\@/r,
      token => $guard->token,
      headers => { 'Content-Type' => 'message/rfc822' } } ]
} 1 .. 12);

my %status;
$status{ $_->status }++ for @got;

ok($status{201}, 'some are taken');
is(join(' ', grep { $_ !~ /^(?:201|503)$/ } keys %status), '',
   'the others are told to come back');

$other->check_clean;
done_testing;
