# Among nginx's other features: subrequests, rewrites, blocks within a
# location, bodies in files.

use utf8;
use CRM::Test;
use CRM::Util qw(raw_parts);

use File::Temp qw(tempdir);
use Mojo::JSON qw(decode_json encode_json);

my $dir = tempdir(CLEANUP => 1);

chmod 0755, $dir;
open my $page, '>', "$dir/page.txt" or die "$dir: $!\n";
print {$page} "a page\n";
close $page;

my $ours = 'crm on; crm_tenant $crm_host_tenant;';

my $server = CRM::Test->private(workers => 1, server => <<END);
    location /guarded { auth_request /crm/v1/me; alias $dir; }
    location /if { $ours if (\$http_x_if) { set \$that 1; } }
    location /away { $ours if (\$http_x_away) { proxy_pass http://127.0.0.1:1; } }
    location /except { $ours limit_except GET { allow 127.0.0.1; deny all; } }
    location /short { $ours rewrite ^ /me break; }
    location /from/crm { $ours rewrite ^ /if/me last; }
    location = /named { error_page 418 = \@a-name-longer-than-the-uri; return 418; }
    location \@a-name-longer-than-the-uri { $ours }
    location /file { $ours client_body_in_file_only clean; }
    location /small { $ours client_body_buffer_size 1k; }
    location /one { $ours client_body_buffer_size 1k; client_body_in_single_buffer on; }
END

my $crm   = CRM::Test->tenant(server => $server);
my ($pid) = $server->workers;


# status line, headers and body of an answer as it came, byte by byte

sub ask {
    my ($request, %headers) = @_;

    my $body = delete $headers{body} // '';

    $headers{Authorization} //= 'Bearer ' . $crm->token;

    return raw_parts($server->raw(join("\r\n", "$request HTTP/1.1",
        'Host: ' . $crm->slug . '.localhost', 'Connection: close',
        (map { "$_: $headers{$_}" } sort keys %headers), '', $body), 3));
}


# ---- subrequests ---------------------------------------------------------

my $etag = $crm->get('/me')->header('ETag');

for (['allowed'], ['allowed, unchanged', 'If-None-Match' => $etag]) {
    my ($name, %headers) = @$_;
    my ($status, $headers, $body) = ask('GET /guarded/page.txt', %headers);

    is($status, 200, "auth_request, $name");
    is($body, "a page\n", 'and nothing of the subrequest');
}

{
    my ($status, $headers, $body) = ask('GET /guarded/page.txt',
                                        Authorization => 'Bearer none');

    is($status, 401, 'auth_request, refused');
    is(ref $headers ? $headers->{'www-authenticate'} : undef, 'Bearer',
       'WWW-Authenticate');
}


# ---- other ways to a location --------------------------------------------

is((ask('GET /if/me'))[0], 200, 'a block that does not hold');
is((ask('GET /if/me', 'X-If' => 1))[0], 200, 'a block that holds');
is((ask('GET /away/me'))[0], 200, 'a block with a handler that does not hold');
is((ask('GET /away/me', 'X-Away' => 1))[0], 502, '... and one that does');
is((ask('GET /from/crm/v1/x'))[0], 200, 'rewritten to another location');
is((ask('GET /short/calendar.ics?token=x'))[0], 404, 'a shorter URI');
is((ask('GET /named'))[0], 404, 'a named location');

my %json = ('Content-Type' => 'application/json');

is((ask('POST /except/leads', %json, 'Content-Length' => 12,
        body => '{"name":"a"}'))[0], 201, 'limit_except');


# ---- bodies --------------------------------------------------------------

for my $where (qw(file small one)) {
    my $sent = encode_json({ name => $where, description => 'x' x 30_000 });

    my @parts = $sent =~ /(.{1,777})/gs;
    my $chunked = join '', (map { sprintf "%x\r\n%s\r\n", length, $_ } @parts),
                  "0\r\n\r\n";

    for (['Content-Length' => length $sent, body => $sent],
         ['Transfer-Encoding' => 'chunked', body => $chunked])
    {
        my ($status, undef, $body) = ask("POST /$where/leads", %json, @$_);

        is($status, 201, "$where, $_->[0]");
        is(length(eval { decode_json($body)->{description} } // ''), 30_000,
           'all of it');
    }
}

is(($server->workers)[0], $pid, 'all by one worker');
$crm->check_clean;


# ---- nginx -t ------------------------------------------------------------

# with a module that needs no runtime of a sanitizer

if (!CRM::Server::sanitized()) {
    my $alone = CRM::Test->private(no_start => 1);

    (my $conf = $alone->nginx_conf) =~ s/^ *crm_redis .*\n//m;
    $conf =~ s/ {8}location \/(?:crm|operator).*?\n {8}}\n//sg;
    $alone->write('nginx.conf', $conf);

    my $said = qx(@{[ CRM::Server::binary() ]} -t -e $alone->{dir}/error.log \\
                  -c $alone->{dir}/nginx.conf 2>&1);

    like($said, qr/"crm_redis" must be set for location "\/-\/problem"/,
         'crm_problem without Redis');
    $alone->allow_log(qr/"crm_redis" must be set/);
}

done_testing;
