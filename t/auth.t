# Who asks, and what they may: tenants, tokens, roles, /me, request ids.

use utf8;
use CRM::Test;
use CRM::Util qw(instant kind_of pick raw_parts $INSTANT);

use Time::HiRes qw(sleep time);

my $crm   = CRM::Test->tenant(company_name => 'شرکت نمونه');
my $other = CRM::Test->tenant;


# the same over fresh connections, so that both workers are asked

sub everywhere {
    my ($client, $status, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %seen;
    $seen{ $client->get('/me', headers => { Connection => 'close' })->status }++
        for 1 .. 12;

    return is_deeply([ sort keys %seen ], [$status], $name);
}


# 401 with its header

sub unauthorized_ok {
    my ($res, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $crm->problem_ok($res, 401, 'unauthorized', undef, $name);
    like($res->header('WWW-Authenticate'), qr/^Bearer\b/,
         "$name: WWW-Authenticate");
}


# ---- tenants -------------------------------------------------------------

my %hosts = (
    'an unknown tenant'       => 'nobody-here.localhost',
    'none at all'             => 'crm.example',
    'an underscore'           => 'no_body.localhost',
    'a dash in front'         => '-nobody.localhost',
    'a slug of 64 characters' => 'a' x 64 . '.localhost',
    'one of 63'               => 'a' x 63 . '.localhost',
);

$crm->problem_ok($crm->get('/me', host => $hosts{$_}), 404, 'unknown_tenant',
                 undef, "$_: 404")
    for sort keys %hosts;

$crm->problem_ok($crm->get('/me', host => 'nobody-here.localhost',
                           token => undef),
                 404, 'unknown_tenant', undef, 'the tenant before the token');

$crm->status_ok($crm->get('/me', host => uc($crm->slug) . '.LOCALHOST'), 200,
                'host names have no case');

my $asleep = CRM::Test->tenant;

$crm->status_ok($asleep->operator('PATCH', '/tenants/' . $asleep->slug,
                                  { suspended => \1 }), 200, 'suspend');
$crm->problem_ok($asleep->get('/me'), 403, 'tenant_suspended');
$crm->problem_ok($asleep->post('/leads', { name => 'x' }), 403,
                 'tenant_suspended', undef, 'no writing either');
$crm->problem_ok($asleep->get('/me', token => 'bad'), 403,
                 'tenant_suspended', undef, 'said before the token is looked at');
everywhere($asleep, 403, 'suspended in every worker');

$crm->status_ok($asleep->operator('PATCH', '/tenants/' . $asleep->slug,
                                  { suspended => \0 }), 200, 'resume');
everywhere($asleep, 200, 'and back');


# ---- bad tokens ----------------------------------------------------------

my $good = $crm->token;

my %bad = (
    'no token'            => undef,
    'a wrong one'         => 'wrong',
    'one too short'       => substr($good, 0, -1),
    'one too long'        => $good . 'A',
    "another tenant's"    => $other->token,
    'a hash-like one'     => 'a' x 64,
    'a very long one'     => 'x' x 4000,
);

unauthorized_ok($crm->get('/me', token => $bad{$_}), $_) for sort keys %bad;

unauthorized_ok($crm->get('/me', token => undef,
                          headers => { Authorization => $_ }), "'$_'")
    for 'Bearer', 'Bearer ', "Basic $good", $good, "Bearer$good",
        "Bearer $good $good";

$crm->status_ok($crm->get('/me', token => undef,
                          headers => { Authorization => "bearer $good" }),
                200, 'the scheme has no case');

unauthorized_ok($crm->get('/nothing/here', token => 'bad'),
                'the token before the route');
unauthorized_ok($crm->req('PUT', '/leads', { token => 'bad' }),
                'and before the method');
unauthorized_ok($crm->post('/leads', undef, token => 'bad', raw => '{'),
                'and before the body');


# ---- tokens --------------------------------------------------------------

my $anna = $crm->user(name => 'Anna', email => 'anna@tests.example',
                      role => 'manager');
my $path = '/users/' . $anna->id . '/tokens';

my $bare = $crm->post($path);

$crm->status_ok($bare, 201, 'the body may be left out');
$crm->status_ok($crm->delete("$path/" . $bare->json->{id}), 204);

my $made = $crm->post($path, { name => 'Laptop' });

$crm->status_ok($made, 201);
is($made->header('Location'), "/crm/v1$path/" . $made->json->{id}, 'Location');
cmp_ok(length $made->json->{token}, '>=', 43, 'room for 256 bits');
like($made->json->{token}, qr/^[\x21-\x7e]+\z/, 'fits into a header');
isnt($made->json->{token}, $crm->post($path, {})->json->{token},
     'another each time');
is_deeply(pick($made->json, qw(version name expires_at last_used_at)),
          { version => 1, name => 'Laptop', expires_at => undef,
            last_used_at => undef }, 'the token object');

my $list = $crm->get($path);

$crm->status_ok($list, 200);
ok(!(grep { exists $_->{token} || exists $_->{hash} } @{ $list->json->{data} }),
   'the list shows no secret');
unlike($list->body, qr/\Q@{[ $made->json->{token} ]}\E/, 'nowhere');

my $laptop = $crm->as($made->json->{token});

$crm->status_ok($laptop->get('/me'), 200, 'it works');
is($laptop->get('/me')->json->{id}, $anna->id, 'for its user');

my $used;

for (1 .. 40) {
    ($used) = map { $_->{last_used_at} }
              grep { $_->{id} == $made->json->{id} }
              @{ $crm->get($path)->json->{data} };
    last if defined $used;
    sleep 0.05;
}

like($used // '', $INSTANT, 'last_used_at');
is($crm->get($path, query => { id => $made->json->{id} })
   ->json->{data}[0]{version}, 1, 'use is no change');

# stored only as a hash, also where the answer is kept for a repetition

my $secret = $crm->post($path, { name => 'Kept' },
                        headers => { 'Idempotency-Key' => 'token-1' });

$crm->status_ok($secret, 201);
ok(!stored($secret->json->{token}), 'no secret in the store');
ok(!stored($made->json->{token}), 'none of the plain one');
ok(stored('Laptop'), 'the search would have found it');

everywhere($laptop, 200, 'valid in every worker');
$crm->status_ok($crm->delete("$path/" . $made->json->{id}), 204);
everywhere($laptop, 401, 'revoked at once');
$crm->problem_ok($crm->delete("$path/" . $made->json->{id}), 404, 'not_found');

my $foreign = $crm->get('/users/' . $crm->id . '/tokens')->json->{data}[0]{id};

$crm->problem_ok($crm->delete("$path/$foreign"), 404, 'not_found', undef,
                 "no other user's token");
$crm->status_ok($crm->get('/me'), 200, 'which still works');
$crm->problem_ok($crm->get('/users/999999/tokens'), 404, 'not_found');
$crm->problem_ok($crm->post('/users/999999/tokens', {}), 404, 'not_found');

my $short = $crm->post($path, { expires_at => instant(1.5) });

$crm->status_ok($short, 201);
my $guest = $crm->as($short->json->{token});
everywhere($guest, 200, 'not yet expired');
sleep 1.6;
everywhere($guest, 401, 'expired');
unauthorized_ok($guest->get('/me'), 'expired');

$crm->problem_ok($crm->post($path, { expires_at => 'soon' }), 422,
                 'validation', [[ 'expires_at', 'invalid' ]]);
$crm->problem_ok($crm->post($path, { last_used_at => instant() }), 422,
                 'validation', [[ 'last_used_at', 'read_only' ]]);
$crm->problem_ok($crm->post($path, { token => 'mine' }), 422, 'validation',
                 undef, 'nobody chooses a token');


# ---- inactive users ------------------------------------------------------

everywhere($anna, 200, 'Anna works');
$crm->status_ok($crm->patch('/users/' . $anna->id, { active => \0 }), 200);
everywhere($anna, 401, 'an inactive user');
unauthorized_ok($anna->get('/me'), 'an inactive user');
$crm->status_ok($crm->patch('/users/' . $anna->id, { active => \1 }), 200);
everywhere($anna, 200, 'an active one again');


# ---- roles ---------------------------------------------------------------

# of every route: the lowest role, and what it answers to one who may.  A
# broken body and an id that nobody has show that the role comes before both.

my $missing = 999_999;
my @routes;

push @routes,
    [ salesperson => 200, GET => $_ ],
    [ salesperson => 404, GET => "$_/$missing" ]
    for qw(/teams /stages /lost-reasons /tags /activity-types
           /duplicate-rules /contacts /leads);

push @routes, [ salesperson => 200, GET => $_ ]
    for qw(/me /settings /users /board);

push @routes,
    [ salesperson => 400, POST  => $_ ],
    [ salesperson => 400, PATCH => "$_/$missing" ],
    [ manager     => 404, DELETE => "$_/$missing" ]
    for qw(/contacts /leads);

push @routes, [ salesperson => 404, GET => "/leads/$missing/messages" ];

push @routes, [ salesperson => 400, POST => "/leads/$missing/$_" ]
    for qw(messages move won lost restore archive);

push @routes, [ salesperson => 400, POST => '/leads/batch' ];

push @routes,
    [ manager => 400, POST   => $_ ],
    [ manager => 400, PATCH  => "$_/$missing" ],
    [ manager => 404, DELETE => "$_/$missing" ]
    for qw(/lost-reasons /tags);

push @routes,
    [ admin => 400, POST   => $_ ],
    [ admin => 400, PATCH  => "$_/$missing" ],
    [ admin => 404, DELETE => "$_/$missing" ]
    for qw(/teams /stages /activity-types /duplicate-rules);

push @routes,
    [ admin => 400, PATCH  => '/settings' ],
    [ admin => 400, POST   => '/users' ],
    [ admin => 400, PATCH  => "/users/$missing" ],
    [ admin => 404, GET    => "/users/$missing/tokens" ],
    [ admin => 400, POST   => '/users/' . $crm->id . '/tokens' ],
    [ admin => 404, DELETE => "/users/$missing/tokens/$missing" ];

my %level  = (mail_gateway => 0, salesperson => 1, manager => 2, admin => 3);
my %client = (
    salesperson  => $crm->user(name => 'Sara', role => 'salesperson'),
    manager      => $anna,
    admin        => $crm,
    mail_gateway => $crm->user(name => 'Mail', role => 'mail_gateway'),
);

for my $route (@routes) {
    my ($lowest, $status, $method, $where) = @$route;

    for my $role (sort keys %client) {
        my $may  = $level{$role} >= $level{$lowest};
        my %body = $method =~ /^P/ ? (raw => '{') : ();
        my $res  = $client{$role}->req($method, $where, \%body);
        my $name = "$role: $method $where";

        if ($may) {
            $crm->status_ok($res, $status, $name);
        } else {
            $crm->problem_ok($res, 403, 'forbidden', undef, $name);
        }
    }
}

is_deeply([ sort map { join ' ', sort keys %$_ }
            @{ $client{salesperson}->get('/users')->json->{data} } ],
          [ ('active id name') x 4 ],
          'a salesperson sees id, name and active of users');
unlike($client{salesperson}->get('/users')->body, qr/tests\.example/,
       'no addresses');

$crm->problem_ok($client{salesperson}->get('/nothing'), 404, 'not_found');
$crm->problem_ok($client{mail_gateway}->get('/nothing'), 404, 'not_found',
                 undef, 'the route before the role');
$crm->problem_ok($client{salesperson}->req('PUT', '/stages/1'), 405,
                 'method_not_allowed', undef, 'the method before the role');
$crm->problem_ok($client{mail_gateway}->req('PUT', '/leads'), 405,
                 'method_not_allowed');
$crm->problem_ok($crm->patch("/leads/$missing", { nope => 1 }), 422,
                 'validation', [[ 'nope', 'unknown_field' ]],
                 'the body before the record');
$crm->problem_ok($crm->patch("/leads/$missing", { name => 'x' }), 404,
                 'not_found');

my $won = $crm->post('/leads', { name => 'Won' })->json->{id};

$crm->status_ok($crm->post("/leads/$won/won"), 200);
$crm->problem_ok($crm->post("/leads/$won/lost",
                            { lost_reason_id => $missing }), 422, 'validation',
                 [[ 'lost_reason_id', 'not_found' ]],
                 'references before the state');

# a changed role counts at once

$crm->status_ok($crm->patch('/users/' . $client{salesperson}->id,
                            { role => 'manager' }), 200);
$crm->status_ok($client{salesperson}->post('/tags', { name => 'Promoted' }),
                201, 'promoted');
$crm->status_ok($crm->patch('/users/' . $client{salesperson}->id,
                            { role => 'salesperson' }), 200);
$crm->problem_ok($client{salesperson}->post('/tags', { name => 'Demoted' }),
                 403, 'forbidden', undef, 'demoted');


# ---- one tenant and another ----------------------------------------------

$crm->problem_ok($other->get("/leads/$won"), 404, 'not_found', undef,
                 "another tenant's lead");
unauthorized_ok($crm->as($other->token)->get("/leads/$won"),
                "another tenant's token");
is($other->get('/leads', query => { total => 'true' })->json->{total}, 0,
   "another tenant's list");


# ---- /me -----------------------------------------------------------------

my $me = $crm->get('/me');

$crm->status_ok($me, 200);
is_deeply($me->json->{tenant}, {
    slug => $crm->slug, company_name => 'شرکت نمونه', currency => 'EUR',
    timezone => 'UTC', locale => 'en', use_leads => 0,
}, 'the tenant in /me');
is(kind_of($me->json->{tenant}{use_leads}), 'boolean', 'use_leads is boolean');
is_deeply(pick($me->json, qw(name email role active timezone version)), {
    name => 'Admin', email => 'admin@tests.example', role => 'admin',
    active => 1, timezone => 'UTC', version => 1,
}, 'the user in /me');
like($me->json->{$_}, $INSTANT, $_) for qw(created_at updated_at);

$crm->status_ok($crm->get('/openapi.json', token => undef), 200,
                'openapi.json needs no token');
$crm->problem_ok($crm->get('/openapi.json', token => undef,
                           host => 'nobody-here.localhost'),
                 404, 'unknown_tenant', undef, 'but a tenant');
$crm->status_ok($asleep->operator('PATCH', '/tenants/' . $asleep->slug,
                                  { suspended => \1 }), 200);
$crm->problem_ok($asleep->get('/openapi.json', token => undef), 403,
                 'tenant_suspended', undef, '... that is not suspended');
$crm->status_ok($asleep->operator('PATCH', '/tenants/' . $asleep->slug,
                                  { suspended => \0 }), 200);


# ---- X-Request-Id --------------------------------------------------------

sub request_id {
    my ($id, %options) = @_;

    return $crm->get('/me', %options, headers => { 'X-Request-Id' => $id })
               ->header('X-Request-Id');
}

is(request_id($_), $_, "taken: $_")
    for 'abc-123_DEF.4', '550e8400-e29b-41d4-a716-446655440000';

my $name;

for my $insane ('', 'two words', '<script>', '"quoted"', 'x' x 300, "\xff\xfe",
                'a,b;c=d', '../../etc') {
    $name = length $insane > 20 ? 'a long one' : "'$insane'";
    my $got = request_id($insane);
    isnt($got, $insane, "not taken: $name");
    like($got // '', qr/^[A-Za-z0-9._-]{8,128}\z/, 'but made');
}

isnt($crm->get('/me')->header('X-Request-Id'),
     $crm->get('/me')->header('X-Request-Id'), 'made anew each time');

for my $res ($crm->get('/me', token => 'bad'), $crm->get('/nothing'),
             $crm->post('/leads', {}), $crm->get('/me', host => 'x.localhost'))
{
    ok(length($res->header('X-Request-Id') // ''), $res->status . ' has one');
    is($res->json->{request_id}, $res->header('X-Request-Id'),
       'and names it in the problem');
}

my (undef, $headers) = raw_parts($crm->server->raw(
    "GET /crm/v1/me HTTP/1.1\r\nHost: x.localhost\r\nConnection: close\r\n"
    . "X-Request-Id: a\tb\r\n\r\n"
));

like($headers->{'x-request-id'}, qr/^[A-Za-z0-9._-]{8,128}\z/, 'a tab in it');

$_->check_clean for $crm, $other, $asleep;
done_testing;


# whether a text stands anywhere in what the tenant has in Redis

sub stored {
    my ($text) = @_;

    my $cursor = 0;

    do {
        my $keys;
        ($cursor, $keys) = @{ $crm->redis('SCAN', $cursor, 'MATCH', '{}*',
                                          'COUNT', 5000) };

        for my $key (@$keys) {
            return 1 if index($key, $text) >= 0
                        || index(content($key), $text) >= 0;
        }
    } while ($cursor);

    return 0;
}


sub content {
    my ($key) = @_;

    my %command = (
        hash => ['HGETALL'], string => ['GET'], set => ['SMEMBERS'],
        list => [ 'LRANGE', 0, -1 ], zset => [ 'ZRANGE', 0, -1 ],
    );
    my ($name, @rest) = @{ $command{ $crm->redis('TYPE', $key) }
                           // [ 'TYPE' ] };
    my $reply = $crm->redis($name, $key, @rest);

    return join "\n", map { $_ // '' } ref $reply ? @$reply : $reply;
}
