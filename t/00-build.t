# The module loads, alone and beside other modules, and wrong configuration
# fails `nginx -t' with a message that names the directive.

use CRM::Test;

use File::Temp qw(tempdir);

my $dir    = tempdir(CLEANUP => 1);
my $module = CRM::Server->module;
my @env    = CRM::Server->sanitized
             ? CRM::Server::sanitizer_env({ dir => $dir }) : ();

mkdir "$dir/asan";


# nginx -t of a configuration: exit code, and what it says

sub nginx_t {
    my (%blocks) = @_;

    $blocks{$_} //= '' for qw(main http server location);

    open my $fh, '>', "$dir/nginx.conf" or die $!;
    print {$fh} <<END;
load_module "$module";
$blocks{main}
pid $dir/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    $blocks{http}
    server {
        listen unix:$dir/nginx.sock;
        $blocks{server}
        location / {
            $blocks{location}
        }
    }
}
END
    close $fh;

    my $text = qx(env @env nginx -t -e stderr -c $dir/nginx.conf 2>&1);

    return ($? >> 8, $text);
}


sub write_file {
    my ($name, $text) = @_;

    open my $fh, '>', "$dir/$name" or die $!;
    print {$fh} $text;
    close $fh;

    return "$dir/$name";
}


sub valid {
    my ($name, %blocks) = @_;

    my ($code, $text) = nginx_t(%blocks);

    is($code, 0, "valid: $name") || diag($text);
}


sub wrong {
    my ($name, $pattern, %blocks) = @_;

    my ($code, $text) = nginx_t(%blocks);

    is($code, 1, "wrong: $name") || diag($text);
    like($text, $pattern, "the message of: $name");
}


my $key   = write_file('operator.key', "secret-secret-secret\n");
my $redis = 'crm_redis unix:/run/nginx-crm/redis.sock;';


# ---- what is exported ----------------------------------------------------

is(join(' ', sort map { (split)[2] } qx(nm -D --defined-only $module)),
   'ngx_http_crm_module ngx_module_names ngx_module_order ngx_modules',
   'only what nginx asks for is visible')
    unless CRM::Server->sanitized;


# ---- valid configuration -------------------------------------------------

valid('no directive at all');

valid('a tenant by a variable', http => $redis, location => '
    crm on;
    crm_tenant $host;');

valid('a tenant from the server block', http => $redis,
      server => 'crm_tenant acme;', location => 'crm on;');

valid('TCP, database, user, password file, time-outs, queue',
      http => 'crm_redis 127.0.0.1:6379 database=3 user=crm password_file='
              . "$key connect_timeout=500ms timeout=1s queue=100;");

valid('an IPv6 address', http => 'crm_redis [::1]:6379;');

valid('the operator API', http => $redis, location => "
    crm_operator on;
    crm_operator_key_file $key;");

valid('limits, origins, deadline', http => $redis, location => '
    crm on;
    crm_tenant acme;
    crm_cors_origin https://a.example https://b.example;
    crm_body_limit 1m;
    crm_result_limit 100;
    crm_deadline 2s;');

valid('any origin', http => $redis,
      location => 'crm on; crm_tenant acme; crm_cors_origin *;');

valid('the tenant as key of limit_req', http => "$redis
    limit_req_zone \$crm_tenant zone=crm:1m rate=10r/s;",
      location => 'crm on; crm_tenant acme; limit_req zone=crm burst=5;');

valid('the variables in a log format', http => "$redis
    log_format crm '\$crm_tenant \$crm_user \$crm_route \$crm_redis_time';");

valid('crm_problem', http => $redis, location => 'crm_problem;');


# ---- beside other modules ------------------------------------------------

my @others = grep { -e }
             map { "/usr/lib/nginx/modules/$_" }
             qw(ndk_http_module.so ngx_http_lua_module.so ngx_nchan_module.so
                ngx_http_headers_more_filter_module.so);
my $headers_more = grep { /headers_more/ } @others;

SKIP: {
    skip 'no other modules installed', 8 if !@others;

    my $load = join "\n", map { "load_module $_;" } @others;

    valid("beside @others", main => $load, http => $redis);

    skip 'their memory is not ours to check', 7 if CRM::Server->sanitized;

    # nchan has a hiredis of its own, and exports it
    my $tcp    = CRM::Server::free_port();
    my $server = CRM::Test->private(
        main   => $load,
        redis  => "bind 127.0.0.1\nport $tcp\n",
        http   => "upstream nchan { nchan_redis_server 127.0.0.1:$tcp; }",
        server => '
            location = /publish {
                nchan_publisher;
                nchan_channel_id beside;
                nchan_redis_pass nchan;
            }
            ' . ($headers_more ? 'more_set_headers "X-Beside: $crm_route";'
                               : '') . '
            location = /lua {
                content_by_lua_block { ngx.print("Lua") }
            }',
    );
    my $crm = CRM::Test->tenant(server => $server);

    $crm->status_ok($crm->post('/leads', { name => 'Beside' }), 201,
                    'a lead');
    is($crm->{ua}->post($crm->url('/publish') => 'news')->res->code, 202,
       'nchan publishes through Redis');
    is($crm->{ua}->get($crm->url('/lua'))->res->body, 'Lua', 'Lua runs');
    is($crm->get('/leads')->json->{data}[0]{name}, 'Beside',
       'the lead is there');

    SKIP: {
        skip 'no headers-more', 2 if !$headers_more;

        is($crm->get('/leads/1')->header('X-Beside'), 'GET /leads/{id}',
           'headers-more adds to our answers');
        is($crm->get('/leads/9')->header('X-Beside'), 'GET /leads/{id}',
           'and to our problems');
    }

    $crm->check_clean;
}


# ---- wrong configuration -------------------------------------------------

wrong('crm without crm_redis', qr/crm_redis/,
      location => 'crm on; crm_tenant acme;');

wrong('crm without crm_tenant', qr/crm_tenant/, http => $redis,
      location => 'crm on;');

wrong('crm with another word', qr/"crm" directive/, http => $redis,
      location => 'crm maybe;');

wrong('crm at the server level', qr/"crm" directive is not allowed/,
      http => $redis, server => 'crm on;');

wrong('crm_problem without crm_redis', qr/crm_redis/,
      location => 'crm_problem;');
wrong('crm_redis twice', qr/"crm_redis" directive is duplicate/,
      http => "$redis $redis");

wrong('crm_redis without an address', qr/"crm_redis"/, http => 'crm_redis;');

wrong('crm_redis with a host that needs DNS', qr{"redis\.example:6379" of "crm_redis"},
      http => 'crm_redis redis.example:6379;');

wrong('crm_redis with a port out of range', qr{invalid port in address "127\.0\.0\.1:70000" of "crm_redis"},
      http => 'crm_redis 127.0.0.1:70000;');

wrong('crm_redis with a path that is too long', qr/crm_redis/,
      http => 'crm_redis unix:/' . 'x' x 120 . ';');

wrong('crm_redis with an unknown parameter', qr{unknown parameter "colour=red" in "crm_redis"},
      http => 'crm_redis unix:/r.sock colour=red;');

wrong('crm_redis with a database that is no number',
      qr{"database=x" in "crm_redis": must be},
      http => 'crm_redis unix:/r.sock database=x;');

wrong('crm_redis with a time-out that is no time',
      qr{"timeout=soon" in "crm_redis": must be},
      http => 'crm_redis unix:/r.sock timeout=soon;');

wrong('crm_redis with an empty queue', qr{"queue=0" in "crm_redis": must be},
      http => 'crm_redis unix:/r.sock queue=0;');

wrong('a password file that is not there',
      qr{"crm_redis" names "\Q$dir\E/nothing", which cannot be opened},
      http => "crm_redis unix:/r.sock password_file=$dir/nothing;");

wrong('crm_operator without a key file', qr/crm_operator_key_file/,
      http => $redis, location => 'crm_operator on;');

wrong('a key file that is not there', qr/crm_operator_key_file/,
      http => $redis,
      location => "crm_operator on; crm_operator_key_file $dir/nothing;");

wrong('an empty key file', qr/crm_operator_key_file/, http => $redis,
      location => 'crm_operator on; crm_operator_key_file '
                  . write_file('empty.key', "\n") . ';');

wrong('crm and crm_operator in one location', qr/crm_operator|"crm"/,
      http => $redis, location => "crm on; crm_tenant acme; crm_operator on;
                                   crm_operator_key_file $key;");

wrong('crm and crm_problem in one location', qr/"crm_problem" cannot share/,
      http => $redis, location => 'crm on; crm_tenant acme; crm_problem;');

wrong("crm_tenant_cache $_->[0]", qr/$_->[1]/,
      http => "crm_tenant_cache $_->[0];")
    for [ 0, 'value must be between 1 and 1000000' ],
        [ 1000001, 'value must be between 1 and 1000000' ],
        [ -1, '"crm_tenant_cache" directive invalid number' ],
        [ 'x', '"crm_tenant_cache" directive invalid number' ];

wrong('crm_tenant_cache in a server block',
      qr/"crm_tenant_cache" directive is not allowed here/,
      server => 'crm_tenant_cache 5;');

wrong('crm_redis in a server block',
      qr/"crm_redis" directive is not allowed here/, server => $redis);

wrong('a regular expression as location',
      qr/cannot be used in a location given by a regular expression/,
      http => $redis, server => 'location ~ x { crm on; crm_tenant acme; }');

wrong('a thread pool that nobody defines', qr/unknown thread pool "none"/,
      location => 'crm_mail_threads none;');

wrong('the module twice', qr/module "ngx_http_crm_module" is already loaded/,
      main => "load_module \"$module\";");

wrong('a body limit that is no size', qr/"crm_body_limit" directive/,
      location => 'crm_body_limit big;');

wrong('a result limit that is no number', qr/"crm_result_limit" directive/,
      location => 'crm_result_limit many;');

wrong('a deadline that is no time', qr/"crm_deadline" directive/,
      location => 'crm_deadline late;');

wrong('an origin that ends in a slash',
      qr{invalid origin "https://a\.example/" in "crm_cors_origin"},
      location => 'crm_cors_origin https://a.example/;');

wrong('an origin without a scheme',
      qr{invalid origin "a\.example" in "crm_cors_origin"},
      location => 'crm_cors_origin a.example;');

wrong('an origin with a path',
      qr{invalid origin "https://a\.example/app" in "crm_cors_origin"},
      location => 'crm_cors_origin https://a.example/app;');

wrong('an origin without a host', qr{invalid origin "https://"},
      location => 'crm_cors_origin https://;');

wrong('origins twice', qr/"crm_cors_origin" directive is duplicate/,
      location => 'crm_cors_origin *; crm_cors_origin *;');


# ---- shipped configuration -----------------------------------------------

SKIP: {
    my $conf = CRM::Server::slurp('conf/production.conf');

    skip 'no openssl', 1 if system("openssl req -x509 -newkey rsa:2048 -nodes"
        . " -subj /CN=crm.example -days 2 -keyout $dir/tls.key"
        . " -out $dir/tls.crt > $dir/openssl.log 2>&1") != 0;

    $conf =~ s{/etc/nginx-crm/tls\.}{$dir/tls.}g;
    $conf =~ s{/etc/nginx-crm/operator\.key}{$key}g;
    $conf =~ s{/var/log/nginx/}{$dir/}g;
    $conf =~ s{listen .*\[::\].*}{}g;
    $conf =~ s{listen .*?(\d+)(.*?);}{listen unix:$dir/$1.sock$2;}g;

    valid('conf/production.conf', http => $conf);
}

done_testing;
