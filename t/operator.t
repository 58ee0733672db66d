use utf8;

# The operator API: key, tenants from creation to deletion, tokens, health.

use CRM::Test;

my $op = CRM::Test->nobody;


sub body {
    my (%fields) = @_;

    return {
        slug         => CRM::Test->slug,
        company_name => 'Beispiel GmbH',
        admin        => { name => 'Sara', email => 'sara@beispiel.example' },
        %fields,
    };
}


# any number of operator requests at once

sub together {
    my (@requests) = @_;

    return $op->concurrently(map {
        [$_->[0], "/operator/v1$_->[1]",
         { json => $_->[2], token => $op->server->key }]
    } @requests);
}


subtest 'the key' => sub {
    for my $token (undef, '', 'x', $op->server->key . 'x', "\x{e9}") {
        my $res = $op->operator('GET', '/tenants', undef, token => $token);

        $op->problem_ok($res, 401, 'unauthorized');
        is($res->header('WWW-Authenticate'), 'Bearer', 'a challenge');
    }

    # who may not come in is not told what there is
    $op->problem_ok($op->operator('GET', '/nothing', undef, token => 'x'),
                    401, 'unauthorized');
    $op->problem_ok($op->operator('PUT', '/tenants', undef, token => 'x'),
                    401, 'unauthorized');

    my $tenant = CRM::Test->tenant;

    $op->problem_ok($op->operator('GET', '/tenants', undef,
                                  token => $tenant->token),
                    401, 'unauthorized', undef, 'a tenant\'s token opens nothing');
    $op->problem_ok($tenant->get('/me', token => $op->server->key),
                    401, 'unauthorized', undef, 'nor the key a tenant');
};


subtest 'routes' => sub {
    $op->problem_ok($op->operator('GET', '/nothing'), 404, 'not_found');
    $op->problem_ok($op->operator('GET', '/jobs/999999'), 404, 'not_found');

    my $res = $op->operator('PUT', '/tenants');
    $op->problem_ok($res, 405, 'method_not_allowed');
    is($res->header('Allow'), 'GET, HEAD, POST', 'Allow');

    $op->problem_ok($op->operator('POST', '/health/live', {}), 405,
                    'method_not_allowed');
    $op->problem_ok($op->operator('POST', '/health/live', {},
                                  token => undef), 401, 'unauthorized', undef,
                    'open is only what has no key');

    $op->problem_ok($op->operator('POST', '/tenants', undef, raw => 'x',
                                  headers => { 'Content-Type' => 'text/plain' }),
                    415, 'unsupported_media_type');
    $op->problem_ok($op->operator('POST', '/tenants', undef, raw => '{"a":1'),
                    400, 'malformed_json');
    $res = $op->operator('GET', '/tenants?limti=1');
    $op->problem_ok($res, 400, 'unknown_parameter');
    like($res->json->{detail}, qr/the nearest one is "limit"/, 'names it');
    $op->problem_ok($op->operator('GET', '/tenants?limit=0'), 400,
                    'invalid_parameter');
    $op->problem_ok($op->operator('GET', '/tenants?cursor=x'), 400,
                    'invalid_cursor');
    $op->problem_ok($op->operator('GET', '/tenants?a=%ff'), 400,
                    'invalid_parameter');
};


subtest 'health' => sub {
    for my $what (qw(live ready)) {
        my $res = $op->operator('GET', "/health/$what", undef, token => undef);

        $op->status_ok($res, 200);
        is_deeply($res->json, { status => $what }, $what);
        $op->status_ok($op->operator('HEAD', "/health/$what"), 200);
    }
};


subtest 'creation' => sub {
    my $body = body(currency => 'IRR', timezone => 'Asia/Tehran',
                    locale => 'fa', company_name => ' بهار ');
    my $res = $op->operator('POST', '/tenants', $body);

    $op->status_ok($res, 201);
    is($res->header('Location'), "/operator/v1/tenants/$body->{slug}",
       'Location');
    is($res->header('ETag'), '"1"', 'ETag');

    my $tenant = $res->json;

    is($tenant->{slug}, $body->{slug}, 'slug');
    is($tenant->{company_name}, 'بهار', 'trimmed');
    is($tenant->{currency}, 'IRR', 'currency');
    is($tenant->{timezone}, 'Asia/Tehran', 'zone');
    is($tenant->{locale}, 'fa', 'locale');
    is($tenant->{version}, 1, 'version');
    is($tenant->{state}, 'active', 'state');
    ok(!$tenant->{suspended}, 'not suspended');
    like($tenant->{token}, qr/^[\w-]{43}$/, '256 bits of token');
    ok(!exists $tenant->{id}, 'the slug is its name');

    my $admin = CRM::Client->new(server => $op->server, slug => $body->{slug},
                                 token => $tenant->{token});
    my $me = $admin->get('/me')->json;

    is($me->{name}, 'Sara', 'the admin');
    is($me->{role}, 'admin', 'may everything');
    is($me->{timezone}, 'Asia/Tehran', 'in the tenant\'s zone');
    is_deeply($me->{tenant}, {
        slug => $body->{slug}, company_name => 'بهار', currency => 'IRR',
        timezone => 'Asia/Tehran', locale => 'fa',
        use_leads => Mojo::JSON->false,
    }, 'the tenant as its users see it');

    my $keys = join ' ', @{ $admin->redis('HKEYS', '{}tenant') },
        map { @{ $admin->redis('HGETALL', "{}$_") } } qw(tokens:1 conf:user);
    unlike($keys, qr/\Q$tenant->{token}\E/, 'the token itself is not kept');

    $admin->check_clean;
};


subtest 'default data' => sub {
    my $admin = CRM::Test->tenant;

    my $list = sub {
        my ($path, @fields) = @_;
        return [ map { my $o = $_; [ @{$o}{@fields} ] }
                 @{ $admin->get($path)->json->{data} } ];
    };

    is_deeply($list->('/stages', qw(name sequence probability)),
              [['New', 10, 10], ['Qualified', 20, 30],
               ['Proposition', 30, 60], ['Won', 40, 100]], 'stages');
    is_deeply($list->('/teams', qw(name alias)), [['Sales', undef]], 'team');
    is_deeply($list->('/lost-reasons', 'name'),
              [['Too expensive'], ['No budget'], ['Competitor'],
               ['No answer']], 'lost reasons');
    is_deeply($list->('/activity-types', qw(name category chaining)),
              [['Call', 'call', 'suggest'], ['Email', 'email', 'none'],
               ['Meeting', 'meeting', 'none'], ['To do', 'todo', 'none']],
              'activity types');
    is_deeply($list->('/duplicate-rules', qw(name confidence)),
              [['Same e-mail', 95], ['Same phone', 85],
               ['Same e-mail domain', 40], ['Same company', 50],
               ['Same website', 60]], 'duplicate rules');
};


subtest 'creation: faults' => sub {
    $op->problem_ok($op->operator('POST', '/tenants', {}), 422, 'validation',
                    [['slug', 'required'], ['company_name', 'required'],
                     ['admin', 'required']]);

    $op->problem_ok(
        $op->operator('POST', '/tenants',
                      body(slug => 'Upper', currency => 'XXQ',
                           timezone => 'Mars/Base', locale => '?', state => 'x',
                           wrong => 1, admin => { email => 'x', role => 1 })),
        422, 'validation',
        [['slug', 'invalid'], ['currency', 'invalid'],
         ['timezone', 'invalid'], ['locale', 'invalid'],
         ['state', 'read_only'], ['wrong', 'unknown_field'],
         ['admin.name', 'required'], ['admin.email', 'invalid'],
         ['admin.role', 'unknown_field']]);

    for my $slug ('-a', 'a_b', 'a.b', 'a}b', 'é', 'a b', 'x' x 64) {
        my $res = $op->operator('POST', '/tenants', body(slug => $slug));
        is($res->status, 422, "slug $slug");
    }

    $op->problem_ok($op->operator('POST', '/tenants', body(admin => 'Sara')),
                    422, 'validation', [['admin', 'invalid']]);

    my $body = body();
    $op->status_ok($op->operator('POST', '/tenants', $body), 201);
    $op->problem_ok($op->operator('POST', '/tenants', $body), 422,
                    'validation', [['slug', 'taken']]);
};


subtest 'slugs of one and of 63 characters' => sub {
    for my $slug (substr('q' . $$ . 'x' x 63, 0, 63), chr(97 + $$ % 26)) {
        my $res = $op->operator('POST', '/tenants', body(slug => $slug));
        ok($res->status == 201
           || length $slug == 1 && $res->status == 422, $slug);
    }
};


subtest 'creation: of many at once one wins' => sub {
    my $body = body();
    my @answers = together(map { ['POST', '/tenants', $body] } 1 .. 8);
    my @won = grep { $_->status == 201 } @answers;

    is(scalar @won, 1, 'one 201');
    is((grep { $_->status == 422 } @answers), 7, 'the others: taken')
        || diag(map { $_->describe . "\n" } @answers);

    my $admin = CRM::Client->new(server => $op->server, slug => $body->{slug},
                                 token => $won[0]->json->{token});
    $op->status_ok($admin->get('/me'), 200, 'the winner\'s token works');
    $admin->check_clean;
};


# what a crash can leave: keys with the state creating, with or without the
# registry's entry

for my $registered (0, 1) {
    subtest "creation: repeated after a crash ($registered)" => sub {
        my $body = body();
        my $first = $op->operator('POST', '/tenants', $body)->json;
        my $admin = CRM::Client->new(server => $op->server,
                                     slug => $body->{slug});

        $admin->redis('HSET', '{}tenant', 'state', 'creating',
                      'nonce', 'gone');
        $op->server->redis('ZREM', 'crm:registry', $body->{slug})
            unless $registered;

        $op->problem_ok($admin->get('/me', token => $first->{token}), 404,
                        'unknown_tenant', undef, 'not there yet');

        my $res = $op->operator('POST', '/tenants', $body);
        $op->status_ok($res, 201, 'finished');

        $op->status_ok($admin->get('/me', token => $res->json->{token}), 200,
                       'its token works');
        $op->problem_ok($admin->get('/me', token => $first->{token}), 401,
                        'unauthorized', undef, 'the one of before does not');
        $admin->check_clean;
    };
}


subtest 'list' => sub {
    my @slugs = sort map { CRM::Test->slug } 1 .. 5;
    $op->status_ok($op->operator('POST', '/tenants', body(slug => $_)), 201)
        for @slugs;

    my (@seen, $cursor);
    my $pages = 0;

    do {
        my $res = $op->operator('GET', '/tenants?limit=2&total=true'
                                . (defined $cursor ? "&cursor=$cursor" : ''));
        my $page = $res->json;

        cmp_ok(scalar @{ $page->{data} }, '<=', 2, 'the limit');
        cmp_ok($page->{total}, '>=', 5, 'total') unless $pages++;
        push @seen, map { $_->{slug} } @{ $page->{data} };
        $cursor = $page->{next_cursor};
    } while (defined $cursor);

    is_deeply(\@seen, [ sort @seen ], 'by slug');
    is_deeply([ grep { my $s = $_; grep { $_ eq $s } @slugs } @seen ],
              \@slugs, 'each once');
};


subtest 'a tenant with its counts' => sub {
    my $admin = CRM::Test->tenant;
    my $path = '/tenants/' . $admin->slug;

    $admin->patch('/settings', { use_leads => \1 });
    $admin->post('/contacts', { name => "Contact $_" }) for 1 .. 3;
    $admin->post('/leads', { name => "Lead $_", type => 'lead' }) for 1 .. 2;
    $admin->post('/leads', { name => 'Opportunity' });
    $admin->post('/leads/3/archive', {});

    my $res = $op->operator('GET', $path);

    $op->status_ok($res, 200);
    is_deeply($res->json->{counts}, {
        users => 1, teams => 1, stages => 4, contacts => 3, leads => 2,
        opportunities => 1,
    }, 'counts');
    cmp_ok($res->json->{size}, '>', 1000, 'size in bytes');

    my $tag = $res->header('ETag');

    like($tag, qr/^"1-[0-9a-f]{16}"$/, 'ETag: also what changes without a '
                                       . 'write to the tenant');
    is($op->operator('GET', $path, undef,
                     headers => { 'If-None-Match' => $tag })->status, 304,
       'not modified');
    $op->status_ok($op->operator('PATCH', $path, { company_name => 'Tests' },
                                 headers => { 'If-Match' => $tag }), 200,
                   'If-Match with it');
    $admin->post('/contacts', { name => 'One more' });
    is($op->operator('GET', $path, undef,
                     headers => { 'If-None-Match' => $tag })->status, 200,
       'another count');

    $op->problem_ok($op->operator('GET', '/tenants/nobody-here'), 404,
                    'unknown_tenant');
    $op->problem_ok($op->operator('GET', '/tenants/No'), 404,
                    'unknown_tenant');
    $op->problem_ok($op->operator('GET', '/tenants/a%7Db'), 404,
                    'unknown_tenant');
    $op->problem_ok($op->operator('GET', "$path?x=1"), 400,
                    'unknown_parameter');
};


subtest 'suspended' => sub {
    my $admin = CRM::Test->tenant;
    my $path = '/tenants/' . $admin->slug;

    $op->status_ok($admin->get('/me'), 200);

    my $res = $op->operator('PATCH', $path, { suspended => \1 });
    $op->status_ok($res, 200);
    ok($res->json->{suspended}, 'suspended');
    is($res->json->{version}, 2, 'a new version');

    # in every worker
    $op->problem_ok($admin->get('/me'), 403, 'tenant_suspended') for 1 .. 4;
    $op->problem_ok($admin->get('/me', token => undef), 403,
                    'tenant_suspended');

    $res = $op->operator('PATCH', $path, { suspended => \1 });
    is($res->json->{version}, 2, 'nothing changed, nothing counted');

    $op->status_ok($op->operator('PATCH', $path, { suspended => \0 }), 200);
    $op->status_ok($admin->get('/me'), 200, 'back again') for 1 .. 4;
    $admin->check_clean;
};


subtest 'renamed' => sub {
    my $admin = CRM::Test->tenant;
    my $path = '/tenants/' . $admin->slug;

    my $res = $op->operator('PATCH', $path, { company_name => 'Neu' });
    is($res->json->{company_name}, 'Neu', 'the answer');
    is($admin->get('/settings')->json->{company_name}, 'Neu',
       'the settings') for 1 .. 4;

    $admin->patch('/settings', { company_name => 'Eigen' });
    is($op->operator('GET', $path)->json->{company_name}, 'Eigen',
       'the tenant\'s own name');

    $op->problem_ok($op->operator('PATCH', $path, {
        slug => 'other', currency => 'USD', company_name => undef,
        suspended => 'yes', state => 'active', version => 9,
    }), 422, 'validation', [['company_name', 'required'],
                            ['suspended', 'invalid'], ['slug', 'read_only'],
                            ['currency', 'read_only'],
                            ['version', 'read_only']], 'all faults at once');
    $op->problem_ok($op->operator('PATCH', $path, {
        slug => 'other', currency => 'USD', version => 9,
    }), 422, 'validation', [['slug', 'read_only'], ['currency', 'read_only'],
                            ['version', 'read_only']]);

    my $now = $op->operator('GET', $path)->json;
    delete @{$now}{qw(counts size)};
    $op->status_ok($op->operator('PATCH', $path, $now), 200,
                   'what was read may be sent back');

    $op->problem_ok($op->operator('PATCH', $path, { company_name => 'X' },
                                  headers => { 'If-Match' => '"1"' }),
                    412, 'precondition_failed');
    $op->problem_ok($op->operator('PATCH', '/tenants/nobody-here',
                                  { company_name => 'X' }),
                    404, 'unknown_tenant');
};


subtest 'a new token' => sub {
    my $admin = CRM::Test->tenant;
    my $path = '/tenants/' . $admin->slug . '/tokens';

    my $res = $op->operator('POST', $path, { email => 'ADMIN@tests.example' });
    $op->status_ok($res, 201);
    is($res->json->{user_id}, 1, 'of the user');
    $op->status_ok($admin->get('/me', token => $res->json->{token}), 200,
                   'it works');
    $op->status_ok($admin->get('/me'), 200, 'so does the old one');

    $op->problem_ok($op->operator('POST', $path, { email => 'x@tests.example' }),
                    422, 'validation', [['email', 'not_found']]);
    $op->problem_ok($op->operator('POST', $path, {}), 422, 'validation',
                    [['email', 'required']]);
    $op->problem_ok($op->operator('POST', '/tenants/nobody-here/tokens',
                                  { email => 'admin@tests.example' }),
                    404, 'unknown_tenant');

    my @answers = together(map {
        ['POST', $path, { email => 'admin@tests.example' }]
    } 1 .. 6);

    is((grep { $_->status == 201 } @answers), 6, 'many at once');
    is(scalar keys %{ { map { $_->json->{id} => 1 } @answers } }, 6,
       'each with an id of its own');
    $op->status_ok($admin->get('/me', token => $_->json->{token}), 200)
        for @answers;

    my $user = $admin->user;
    $admin->patch('/users/' . $user->id, { active => \0 });
    $op->problem_ok($op->operator('POST', $path,
                                  { email => $user->me->{email} }),
                    422, 'validation', [['email', 'not_found']],
                    'not for who may not come in');
    $admin->check_clean;
};


subtest 'deletion' => sub {
    my $admin = CRM::Test->tenant;
    my $other = CRM::Test->tenant(slug => $admin->slug . '-2');
    my $path = '/tenants/' . $admin->slug;

    $admin->post('/leads', { name => "Lead $_", description => 'x' x 500 })
        for 1 .. 40;
    $other->post('/leads', { name => 'stays' });

    my $res = $op->operator('DELETE', $path);
    $op->status_ok($res, 202);
    like($res->header('Location'), qr{^/operator/v1/jobs/\d+$}, 'Location');
    is($res->json->{kind}, 'tenant_delete', 'kind');

    $op->problem_ok($admin->get('/me'), 404, 'unknown_tenant') for 1 .. 4;

    my $job = $op->wait_job($res);
    is($job->json->{state}, 'done', 'done') || diag($job->describe);
    cmp_ok($job->json->{result}{keys}, '>', 50, 'its keys');

    is_deeply($op->server->redis('KEYS', 'crm:{' . $admin->slug . '}:*'), [],
              'nothing is left');
    is($op->server->redis('ZSCORE', 'crm:registry', $admin->slug), undef,
       'nor in the registry');

    $op->problem_ok($op->operator('GET', $path), 404, 'unknown_tenant');
    $op->problem_ok($op->operator('DELETE', $path), 404, 'unknown_tenant');
    $op->problem_ok($op->operator('POST', "$path/check", {}), 404,
                    'unknown_tenant');

    $op->status_ok($other->get('/leads/1'), 200, 'the neighbour is there');
    $other->check_clean;

    # the same name again: nothing of the old one is remembered
    my $again = CRM::Test->tenant(slug => $admin->slug,
                                  company_name => 'Second');

    for (1 .. 6) {
        is($again->get('/settings')->json->{company_name}, 'Second',
           'the new settings');
        $op->problem_ok($admin->get('/me'), 401, 'unauthorized', undef,
                        'the old token is worth nothing');
    }

    $op->problem_ok($again->get('/leads/1'), 404, 'not_found');
    $again->post('/leads', { name => 'first of the new' });
    $again->check_clean;
};


subtest 'a token beyond those that an admin may make' => sub {
    my $admin = CRM::Test->tenant;
    my $path = '/users/1/tokens';

    1 while $admin->post($path, { name => 'one more' })->status == 201;

    my $res = $op->operator('POST', '/tenants/' . $admin->slug . '/tokens',
                            { email => 'admin@tests.example' });
    my ($id, $token) = @{ $res->json }{qw(id token)};
    my $list = $admin->get("$path?limit=1000&total=true")->json;

    is($list->{total}, 101, 'it is counted');
    is((grep { $_->{id} == $id } @{ $list->{data} }), 1, 'and listed');
    $op->status_ok($admin->delete("$path/$id"), 204);
    $op->problem_ok($admin->get('/me', token => $token), 401,
                    'unauthorized');
};


subtest 'deletion that stopped half-way' => sub {
    my $admin = CRM::Test->tenant;
    my $path = '/tenants/' . $admin->slug;

    $admin->redis('HSET', '{}tenant', 'state', 'deleting');
    is($op->operator('GET', $path)->json->{state}, 'deleting', 'seen so');

    $op->problem_ok($op->operator('POST', '/tenants',
                                  body(slug => $admin->slug)),
                    422, 'validation', [['slug', 'taken']]);
    $op->problem_ok($op->operator('PATCH', $path, { suspended => \0 }), 404,
                    'unknown_tenant');

    # also with the root hash gone and the entry still there
    $admin->redis('DEL', '{}tenant');

    my $job = $op->wait_job($op->operator('DELETE', $path));
    is($job->json->{state}, 'done', 'asked for again');
    is_deeply($op->server->redis('KEYS', 'crm:{' . $admin->slug . '}:*'), [],
              'nothing is left');
    $op->status_ok($op->operator('POST', '/tenants',
                                 body(slug => $admin->slug)), 201);
};


subtest 'deletion that comes late finds the next tenant of the name' => sub {
    my $old = CRM::Test->tenant;
    my $job = $op->operator('DELETE', '/tenants/' . $old->slug);
    my ($id) = $job->header('Location') =~ /(\d+)$/;

    $op->wait_job($job);

    my $new = CRM::Test->tenant(slug => $old->slug, company_name => 'Second');
    $new->post('/leads', { name => 'first of the new' });

    # as a worker leaves it that dies before it has told its end, or a second
    # DELETE whose job is slower than the first one's
    my $key = "{crm:registry}:job:$id";
    $op->server->redis('HSET', $key, state => 'running', lease => 0);
    $op->server->redis('ZADD', '{crm:registry}:queue', 1, ":$id");

    is($op->wait_job($job)->json->{state}, 'done', 'it ends');
    is($new->get('/settings')->json->{company_name}, 'Second',
       'and leaves the new one alone');
    $op->status_ok($new->get('/leads/1'), 200);
    is($op->operator('GET', '/tenants/' . $new->slug)->json->{state},
       'active', 'which is listed');
    $new->check_clean;
};


subtest 'deletion while requests are under way' => sub {
    my $admin = CRM::Test->tenant;
    my $token = $admin->token;

    my @requests = map {
        ['POST', '/leads', { json => { name => "Lead $_" } }]
    } 1 .. 60;
    splice @requests, 20, 0,
        ['DELETE', '/operator/v1/tenants/' . $admin->slug,
         { token => $op->server->key }];

    my @answers = $admin->concurrently(@requests);
    my ($deleted) = grep { $_->status == 202 } @answers;

    ok($deleted, 'deleted') or return;
    is((grep { $_->status !~ /^(20[12]|404)$/ } @answers), 0,
       'the others came before or not at all')
        || diag(map { $_->describe . "\n" } @answers);

    $op->wait_job($deleted);
    is_deeply($op->server->redis('KEYS', 'crm:{' . $admin->slug . '}:*'), [],
              'nothing is left');
};


subtest 'Idempotency-Key' => sub {
    my $body = body(admin => { name => 'Ada', email => 'ada@twice.example' });
    my $slug = $body->{slug};
    my $ask  = sub {
        my ($path, $json, $key) = @_;

        return $op->operator('POST', $path, $json,
                             headers => { 'Idempotency-Key' => $key });
    };

    # a new tenant: the answer is lost, its token must not be

    my @answers = $op->concurrently(map { [ POST => '/operator/v1/tenants', {
        json => $body, token => $op->server->key,
        headers => { 'Idempotency-Key' => 'new' } } ] } 1 .. 4);

    is_deeply([ map { $_->status } @answers ], [ (201) x 4 ], 'created once');
    is((grep { !$_->header('Idempotency-Replayed') } @answers), 1,
       'the others hear of it');
    is_deeply([ map { $_->json } @answers ], [ ($answers[0]->json) x 4 ],
              'the same');
    is($answers[3]->header('Location'), "/operator/v1/tenants/$slug",
       'Location');
    is($answers[0]->json->{state}, 'active', 'state');
    is_deeply($op->operator('GET', "/tenants/$slug")->json->{$_},
              $answers[0]->json->{$_}, $_)
        for qw(state version created_at updated_at);

    my $token = $answers[0]->json->{token};

    is($ask->('/tenants', $body, 'new')->json->{token}, $token, 'again');
    $op->problem_ok($ask->('/tenants', { %$body, slug => body()->{slug} }, 'new'),
                    422, 'idempotency_mismatch', undef, 'another slug');
    $op->problem_ok($ask->('/tenants', { %$body, currency => 'USD' }, 'new'),
                    422, 'idempotency_mismatch', undef, 'another currency');
    $op->problem_ok($ask->('/tenants', $body, 'other'), 422, 'validation',
                    [[ 'slug', 'taken' ]], 'another key');
    $op->problem_ok($ask->('/tenants', $body, "\x{e9}"), 400, 'bad_request',
                    undef, 'no key');

    # a worker that died before it could say so in the registry

    my @known = @{ $op->server->redis('KEYS', '{crm:registry}:i:*') };

    cmp_ok(scalar @known, '>', 0, 'what the registry knows');
    $op->server->redis('DEL', @known);
    is($ask->('/tenants', $body, 'new')->json->{token}, $token,
       'the tenant knows, too');
    unlike($op->server->redis('GET', $_), qr/\Q$token\E/, 'sealed')
        for @{ $op->server->redis('KEYS', "crm:{$slug}:i:*") };

    # another token

    my $lost = { email => 'ada@twice.example' };
    my @new  = map { $ask->("/tenants/$slug/tokens", $lost, 'token') } 1, 2;

    is_deeply([ map { $_->status } @new ], [ 201, 201 ], 'a token');
    is($new[1]->header('Idempotency-Replayed'), 'true', 'replayed');
    is($new[1]->json->{token}, $new[0]->json->{token}, 'the same');
    isnt($new[0]->json->{token}, $token, 'a new one');
    $op->problem_ok($ask->("/tenants/$slug/tokens", { email => 'x@y.example' },
                           'token'), 422, 'idempotency_mismatch');

    # a check

    my @check = map { $ask->("/tenants/$slug/check", {}, 'check') } 1, 2;

    is_deeply([ map { $_->status } @check ], [ 202, 202 ], 'a check');
    is($check[1]->json->{id}, $check[0]->json->{id}, 'one job');
    isnt($ask->("/tenants/$slug/check", {}, 'another')->json->{id},
         $check[0]->json->{id}, 'another one');
    $op->problem_ok($ask->("/tenants/$slug/check", { repair => \1 }, 'check'),
                    422, 'idempotency_mismatch');

    $op->wait_job($op->operator('DELETE', "/tenants/$slug"));
};


done_testing;
