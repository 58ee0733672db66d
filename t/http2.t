# HTTP/2 over TLS: many requests on one connection, large bodies, conditional
# requests, clients that give up; and nginx as one process.

use utf8;
use CRM::Test;

use File::Temp qw(tempdir);
use Mojo::JSON qw(decode_json encode_json);

my $dir = tempdir(CLEANUP => 1);

plan(skip_all => 'no curl with HTTP/2 or no openssl')
    if qx(curl --version 2>&1) !~ /HTTP2/
       || system("openssl req -x509 -newkey rsa:2048 -nodes -days 2"
                 . " -subj /CN=crm.example -keyout $dir/tls.key"
                 . " -out $dir/tls.crt > $dir/openssl.log 2>&1") != 0;

my $tls    = CRM::Server::free_port();
my $server = CRM::Test->private(
    http   => 'http2_max_concurrent_streams 256;',
    server => "listen 127.0.0.1:$tls ssl http2;
               error_page 495 496 497 =400 /-/problem;
               ssl_certificate $dir/tls.crt;
               ssl_certificate_key $dir/tls.key;",
);
my $crm  = CRM::Test->tenant(server => $server);
my $lead = $crm->post('/leads', { name => 'Lead' })->json->{id};
my $host = $crm->slug . '.localhost';


# status, version and body of one request; further arguments of curl

sub h2 {
    my ($path, @arguments) = @_;

    open my $pipe, '-|', curl(), '-w', '\n%{http_version} %{http_code}',
        @arguments, url($path) or die "curl: $!\n";
    binmode $pipe;
    my $text = do { local $/; <$pipe> } // '';
    close $pipe;

    my ($body, $version, $status) = $text =~ /\A(.*)\n(\S+) (\d+)\z/s;

    return ($status // 0, $version // 0, $body // '');
}


sub curl {
    return ('curl', '-s', '--no-progress-meter', '-k', '--http2', '--max-time', 30,
            '--resolve', "$host:$tls:127.0.0.1",
            '-H', 'Authorization: Bearer ' . $crm->token);
}


sub url { return "https://$host:$tls/crm/v1$_[0]" }


# ---- one request ---------------------------------------------------------

my ($status, $version, $body) = h2("/leads/$lead");

is("$status over HTTP/$version", '200 over HTTP/2', 'a lead');
is_deeply(decode_json($body), $crm->get("/leads/$lead")->json, 'the same');

is((h2("/leads/$lead", '-I'))[0], 200, 'HEAD');
is((h2("/leads/$lead", '-H', 'If-None-Match: '
       . $crm->get("/leads/$lead")->header('ETag')))[0], 304, 'unchanged');
is((h2('/leads/999999'))[0], 404, 'nobody');
like(qx(curl -si http://127.0.0.1:$tls/crm/v1/me),
     qr{^HTTP/1\.1 400 .*application/problem\+json.*"bad_request"}s,
     'plain HTTP on the port of TLS');
is((h2('/leads', '-X', 'PUT'))[0], 405, 'no such method');

my @json = ('-H', 'Content-Type: application/json');

is((h2('/leads', @json, '-d', '{"name":"From HTTP/2"}'))[0], 201, 'creation');
is((h2('/leads', @json, '-d', '{'))[0], 400, 'broken JSON');
is((h2("/leads/$lead", @json, '-X', 'PATCH', '-d', '{"city":"Bonn"}'))[0], 200,
   'change');
is((h2("/leads/$lead/won", '-X', 'POST'))[0], 200, 'an action without a body');

my $gone = $crm->post('/leads', { name => 'Gone' })->json->{id};

is((h2("/leads/$gone", '-X', 'DELETE'))[0], 204, 'deletion');


# ---- large bodies --------------------------------------------------------

open my $file, '>', "$dir/batch.json" or die $!;
print {$file} encode_json({ operations => [ map { {
    op => 'create', body => { name => "Lead $_", description => 'x' x 2000 },
} } 1 .. 500 ] });
close $file;

($status, $version, $body) = h2('/leads/batch', @json, '--data-binary',
                                "\@$dir/batch.json");
is($status, 200, 'a batch of a megabyte');
is(decode_json($body)->{succeeded}, 500, 'all of it');

open $file, '>', "$dir/large.json" or die $!;
print {$file} '{"name":"', 'x' x 9_000_000, '"}';
close $file;

($status, $version, $body) = h2('/leads', @json, '--data-binary',
                                "\@$dir/large.json");
is($status, 413, 'too large');
is(eval { decode_json($body)->{status} }, 413, 'as a problem document');

($status, $version, $body) = h2('/leads?limit=500', '--compressed');
is(scalar @{ decode_json($body)->{data} }, 500, 'a large answer, compressed');


# ---- many at once --------------------------------------------------------

my @many = map { ('-o', "$dir/out.$_", url("/leads/$lead?fields=name,city")) }
           1 .. 200;

open my $pipe, '-|', curl(), '-Z', '--parallel-max', 100, '-s', '-w',
    '%{http_code} %{num_connects}\n', @many or die "curl: $!\n";
my @lines = <$pipe>;
close $pipe;

my %statuses = map { (split)[0] => 1 } @lines;
my $connects = 0;
$connects += (split)[1] for @lines;

is(join(' ', keys %statuses), '200', '200 requests at once');
cmp_ok($connects, '<=', 4, "over $connects connections");
is((grep { CRM::Server::slurp("$dir/out.$_")
           !~ /^\{"id":$lead,.*"city":"Bonn"\}\z/ } 1 .. 200), 0,
   'each has its answer');

# clients that go away in the middle leave nothing behind

for (1 .. 10) {
    system("timeout 0.05 @{[ map { qq('$_') } curl(), '-Z',
           '--parallel-max', 50, map { ('-o', '/dev/null', url('/board')) }
           1 .. 50 ]} > /dev/null 2>&1");
}

is((h2("/leads/$lead"))[0], 200, 'and the next request is served');
$crm->check_clean;


# ---- one process ---------------------------------------------------------

my $single = CRM::Test->private(main => 'master_process off;', workers => 1);
my $alone  = CRM::Test->tenant(server => $single);

$alone->status_ok($alone->post('/leads', { name => "Lead $_" }), 201)
    for 1 .. 3;
$alone->status_ok($alone->get('/board'), 200);
is($alone->wait_job($alone->post('/leads/bulk', {
       action => 'priority', params => { priority => 2 },
       ids => [ 1 .. 3 ] })->header('Location') // '/jobs/1')->status, 200,
   'a job');
is($alone->get('/leads', query => { priority => 2, total => 'true' })
   ->json->{total}, 3, 'without a master process');
$alone->check_clean;

done_testing;
