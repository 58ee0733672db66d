# Beside nginx's own modules in the same location: limits, access rules,
# filters, subrequests, the PROXY protocol.  Nothing breaks, our answers stay
# ours, and nginx's errors are problems.

use utf8;
use CRM::Test;
use CRM::Util qw(raw_parts);

use File::Temp qw(tempdir);
use Mojo::JSON qw(decode_json);
use Time::HiRes qw(sleep);

my $dir = tempdir(CLEANUP => 1);

chmod 0755, $dir;


sub file {
    my ($name, $text) = @_;

    open my $fh, '>', "$dir/$name" or die "$name: $!\n";
    print {$fh} $text;
    close $fh;
}

file('page.txt', "a page\n");
file('users', 'ada:' . crypt('secret', '$1$abcdefgh$') . "\n");
file('one.html', 'A<!--# include virtual="/crm/v1/me" -->B');
file('set.html', 'A<!--# include virtual="/crm/v1/me" set="me" -->'
                 . 'B<!--# echo var="me" encoding="none" -->');
file('many.html', join '', map {
    qq(<!--# include virtual="/crm/v1/leads?limit=$_&fields=id" -->)
} 1 .. 20);

my ($plain, $proxied) = (CRM::Server::free_port(), CRM::Server::free_port());

my $ours  = 'crm on; crm_tenant $crm_host_tenant;';
my $basic = "auth_basic x; auth_basic_user_file $dir/users;";
my $again = 'proxy_set_header Host $http_host;';

my $server = CRM::Test->private(workers => 1, http => <<HTTP, server => <<END);
    limit_req_zone \$crm_tenant zone=req:1m rate=1r/m;
    limit_conn_zone \$crm_tenant zone=conn:1m;
    upstream itself { server 127.0.0.1:$plain; keepalive 4; }

    server {
        listen 127.0.0.1:$plain;
        location / { $ours }
    }

    server {
        listen 127.0.0.1:$proxied proxy_protocol;
        set_real_ip_from 127.0.0.1;
        real_ip_header proxy_protocol;
        error_page 403 /-/problem;
        location = /-/problem { internal; crm_problem; }
        location / { $ours allow 192.0.2.7; deny all; }
    }
HTTP
    open_file_cache max=100;
    open_file_cache_errors on;

    location /limit_req { $ours limit_req zone=req; limit_req_status 429; }
    location /limit_conn { $ours limit_conn conn 1; limit_conn_status 429; limit_rate 1; }
    location /deny { $ours deny all; }
    location /basic { $ours $basic }
    location /any { $ours $basic satisfy any; allow 127.0.0.1; deny all; }
    location /error_page { $ours error_page 401 404 422 =200 /page.txt; }
    location /sub { $ours sub_filter_types *; sub_filter '"id"' '"ID"'; }
    location /addition { $ours addition_types *; add_after_body /page.txt; }
    location = /page.txt { alias $dir/page.txt; }
    location /mirror { $ours mirror /mirrored; }
    location = /mirrored { internal; proxy_pass http://itself/leads; $again }
    location /internal { internal; $ours }
    location = /goto { rewrite ^ /internal/me last; }
    location /post_action { $ours post_action /crm/v1/me; }
    location /ssi/ { ssi on; alias $dir/; }
    location /try { $ours try_files /nothing /crm/v1/me; }
    location /nested { $ours location /nested/deep { $ours } location /nested/off { return 204; } }
    location /proxied { proxy_pass http://itself/; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_request_buffering off; proxy_buffering off; $again }
    location /status { stub_status; }
END

my $crm   = CRM::Test->tenant(server => $server);
my ($pid) = $server->workers;

$crm->post('/leads', { name => "Lead $_" }) for 1 .. 30;


# status, headers and body of an answer

sub ask {
    my ($request, %headers) = @_;

    my $body = delete $headers{body} // '';
    my $sent = join "\r\n", "$request HTTP/1.0",
        'Host: ' . $crm->slug . '.localhost',
        'Authorization: ' . ($headers{auth} // 'Bearer ' . $crm->token),
        ($body eq '' ? () : ('Content-Type: application/json',
                             'Content-Length: ' . length $body)), '', $body;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $headers{port} // $server->port,
    ) or die "connect: $!\n";

    $socket->syswrite(($headers{first} // '') . $sent);

    return raw_parts(CRM::Server::read_all($socket));
}


sub is_me {
    my ($path, @more) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($status, undef, $body) = ask("GET $path", @more);

    is($status, 200, $path);
    is(eval { decode_json($body)->{name} }, 'Admin', "$path: the answer");
}


sub is_problem {
    my ($path, $status, $code, @more) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($got, $headers, $body) = ask($path =~ / / ? $path : "GET $path",
                                     @more);

    is_deeply([ $got, $headers->{'content-type'},
                map { eval { decode_json($body)->{$_} } } qw(status code) ],
              [ $status, 'application/problem+json', $status, $code ], $path)
        || diag(substr $body // '', 0, 200);

    return $headers;
}


# ---- limits and access ---------------------------------------------------

is_me('/limit_req/me');
is_problem('/limit_req/me', 429, 'too_many_requests');

{
    my @slow = map { $server->socket } 1 .. 2;

    for my $socket (@slow) {
        $socket->syswrite("GET /limit_conn/leads HTTP/1.1\r\nHost: "
                          . $crm->slug . ".localhost\r\nAuthorization: Bearer "
                          . $crm->token . "\r\n\r\n");
        IO::Select->new($socket)->can_read(5);
    }

    is_problem('/limit_conn/me', 429, 'too_many_requests');
}

is_problem('/deny/me', 403, 'forbidden');
is_me('/any/me');

my $headers = is_problem('/basic/me', 401, 'unauthorized');
is($headers->{'www-authenticate'}, 'Basic realm="x"', 'what nginx asks for');

$headers = is_problem('/basic/me', 401, 'unauthorized',
                      auth => 'Basic YWRhOnNlY3JldA==');
is($headers->{'www-authenticate'}, 'Bearer', 'what we ask for behind it');

# ours are no pages that error_page would replace

is_problem('/error_page/me', 401, 'unauthorized', auth => 'Bearer none');
is_problem('/error_page/leads/999', 404, 'not_found');
is_problem('POST /error_page/leads', 422, 'validation', body => '{}');


# ---- the PROXY protocol --------------------------------------------------

is_me('/me', port => $proxied,
      first => "PROXY TCP4 192.0.2.7 192.0.2.1 1234 80\r\n");
is_me('/me', port => $proxied,
      first => "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\7\xc0\0\2\1\4\xd2\0P");
is_problem('/me', 403, 'forbidden', port => $proxied,
           first => "PROXY TCP4 192.0.2.9 192.0.2.1 1234 80\r\n");


# ---- filters -------------------------------------------------------------

is((ask('GET /sub/me'))[2] =~ /^\{"ID":/, 1, 'sub_filter');
like((ask('GET /addition/me'))[2], qr/^\{.*\}a page\n\z/s, 'add_after_body');
is((ask('HEAD /addition/me'))[2], '', 'HEAD');


# ---- subrequests and redirects -------------------------------------------

is((ask('POST /mirror/leads', body => '{"name":"Mirrored"}'))[0], 201,
   'mirror');
$server->wait_for('the mirror', 5, sub {
    $crm->get('/leads', query => { q => 'mirrored', total => 'true' })
        ->json->{total} == 2;
});

is_problem('/internal/me', 404, 'not_found');
is_me('/goto');
is_me('/post_action/me');
is((ask('POST /post_action/leads', body => '{"name":"Action"}'))[0], 201,
   'a creation before post_action');
is_problem('/post_action/nothing', 404, 'not_found');

like((ask('GET /ssi/one.html'))[2], qr/^A\{"id".*\}B\z/, 'SSI include');
like((ask('GET /ssi/set.html'))[2], qr/^AB\{"id".*\}\z/,
     'SSI include into a variable');
is(join(' ', map { scalar(() = /"id"/g) }
             (ask('GET /ssi/many.html'))[2] =~ /(\{"data".*?\]),/g),
   join(' ', 1 .. 20), 'twenty at once, in their order');
like((ask('GET /ssi/one.html', auth => 'Bearer none'))[2],
     qr/^A\{.*"unauthorized".*\}B\z/, 'refused');

is_me('/try/me');
is_me('/nested/me');
is_me('/nested/deep/me');
is((ask('GET /nested/off'))[0], 204, 'a nested location of another kind');
is_me('/proxied/me') for 1 .. 3;
is((ask('POST /proxied/leads', body => '{"name":"Proxied"}'))[0], 201,
   'a body through a proxy that does not keep it');


# ---- clients that leave --------------------------------------------------

for my $path (qw(/ssi/many.html /ssi/set.html /addition/leads /mirror/leads
                 /post_action/board /proxied/leads /sub/leads))
{
    for my $wait (0, 0.0005, 0.002, 0.005) {
        my $socket = $server->socket;

        $socket->syswrite("GET $path HTTP/1.1\r\nHost: " . $crm->slug
                          . ".localhost\r\nAuthorization: Bearer "
                          . $crm->token . "\r\n\r\n");
        sleep $wait;
    }
}

# ours, and one that a kept client may hold

$server->wait_for('all connections closed', 10, sub {
    ((ask('GET /status'))[2] =~ /^Active connections: (\d+)/)[0] <= 6;
});

is(($server->workers)[0], $pid, 'all by one worker');
$crm->check_clean;

done_testing;
