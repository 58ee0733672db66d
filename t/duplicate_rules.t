use utf8;

# Duplicate rules: what they are told to be, the keys of samples, the index of
# keys, and its way from one version of a rule to the next.

use CRM::Test;
use Time::HiRes qw(sleep time);

my $crm   = CRM::Test->tenant;
my $sales = $crm->user(name => 'Sal', role => 'salesperson');


# rules by name

sub rules {
    return map { $_->{name} => $_ }
           @{ $crm->get('/duplicate-rules')->json->{data} };
}


sub test_rule {
    my ($body, @samples) = @_;

    return $crm->post('/duplicate-rules/test',
                      { %$body, samples => \@samples });
}


sub keys_are {
    my ($body, $pairs, $name) = @_;

    my @samples = map { $_->[0] } @$pairs;
    my $res = test_rule($body, @samples);

    $crm->status_ok($res, 200);

    return is_deeply($res->json, {
        data => [map { { sample => $_->[0], key => $_->[1] } } @$pairs]
    }, $name) || diag($res->describe);
}


# until the job behind a changed rule has done its work

sub settle {
    my $until = time + 20;

    while (time < $until) {
        my @rules = @{ $crm->redis('HVALS', '{}conf:duplicate_rule') };

        return 1 if !grep({ /"building":"1"/ } @rules)
                    && !@{ $crm->redis('SMEMBERS', '{}d:gone') };
        sleep 0.05;
    }

    return fail('the index is complete in time');
}


# names of the keys of a rule's generations

sub generations {
    my ($rule) = @_;

    my %seen;

    for (@{ $crm->redis('KEYS', "{}d:$rule:*") }) {
        $seen{$1}++ if /:d:$rule:(\d+):/;
    }

    return [sort { $a <=> $b } keys %seen];
}


subtest 'keys of samples' => sub {
    my %rule = rules();

    keys_are({ field => 'email', map { $_ => $rule{'Same e-mail'}{$_} }
                                 qw(pattern replacement) },
             [['Ada+x@Example.com', 'ada@example.com'],
              ['ada@example.com', 'ada@example.com'], ['nothing', undef],
              ['', undef], [' ada@example.com ', 'ada@example.com']],
             'the default rule of e-mail');

    keys_are({ field => 'email', pattern => '^[^@]+@(.+)$',
               replacement => '$1', exclude_free_mail => \1 },
             [['ada@gmail.com', undef], ['ada@mail.gmail.com',
                                         'mail.gmail.com']],
             'free mail');

    keys_are({ field => 'phone', pattern => '\d{7,9}$' },
             [['+98 (912) 345-6789', '123456789'],
              ['۰۹۱۲۳۴۵۶۷۸۹', '123456789'], ['12', undef]],
             'phone; $0 is the default');

    keys_are({ field => 'company_name', pattern => '.+',
               exclude_pattern => '^test' },
             [['ACME, Inc.', 'acme inc'], ['Test-Firma', undef],
              ['شركت', 'شرکت']], 'exclude_pattern');

    keys_are({ field => 'website', pattern => '.+' },
             [['https://www.Example.com:8/x', 'example.com']], 'website');

    keys_are({ field => 'contact_name', pattern => '^(a+)+$' },
             [['a' x 60 . '!', undef], ['aa', 'aa']],
             'a pattern that runs into a limit makes no key');

    keys_are({ field => 'contact_name', pattern => '(a)|(b)',
               replacement => '${1:+\t:\x00}$0' },
             [['a', "\ta"], ['b', undef]], 'no key has a NUL in it');
};


subtest 'what is refused' => sub {
    my %good = (field => 'email', pattern => 'a(b)', samples => ['x']);

    $crm->problem_ok($crm->post('/duplicate-rules/test', {}), 422,
                     'validation', [['field', 'required'],
                                    ['pattern', 'required'],
                                    ['samples', 'required']]);

    for (['pattern', 'a(b', 'closing parenthesis.*offset 3'],
         ['pattern', '(*UTF)a', 'not allowed'],
         ['pattern', 'a(?C)', 'callouts'], ['pattern', 'a\C', '\\\\C'],
         ['exclude_pattern', '[', 'offset 1'],
         ['replacement', '$2', 'unknown|substring'],
         ['replacement', '${x}', '.'], ['replacement', '$', '.'])
    {
        my ($field, $value, $message) = @$_;

        for my $path ('/duplicate-rules/test', '/duplicate-rules') {
            my %body = (%good, $field => $value);

            if ($path eq '/duplicate-rules') {
                delete $body{samples};
                $body{name} = 'x';
            }

            my $res = $crm->post($path, \%body);

            $crm->problem_ok($res, 422, 'validation', [[$field, 'invalid']],
                             "$path $field $value");
            like($res->json->{errors}[0]{message}, qr/$message/i, 'message');
        }
    }

    $crm->problem_ok($crm->post('/duplicate-rules/test',
                                { %good, samples => 'x', color => 1,
                                  field => 'name' }),
                     422, 'validation', [['samples', 'invalid'],
                                         ['color', 'unknown_field'],
                                         ['field', 'invalid']]);

    $crm->problem_ok($sales->post('/duplicate-rules/test', \%good), 403,
                     'forbidden');
    $crm->problem_ok($crm->post('/duplicate-rules', { name => 'x',
                                field => 'email', pattern => '.',
                                generation => 3 }),
                     422, 'validation', [['generation', 'unknown_field']]);

    my $rule = $crm->get('/duplicate-rules/1');

    is_deeply([grep { /gen|was|build/ } keys %{ $rule->json }], [],
              'generations are nobody\'s business');

    $crm->problem_ok($crm->patch('/duplicate-rules/1',
                                 { replacement => '$7' }),
                     422, 'validation', [['replacement', 'invalid']]);
};


subtest 'the index follows the leads' => sub {
    my $lead = $crm->post('/leads', { name => 'x', email => 'ada@acme.test',
                                      phone => '+49 151 2345678',
                                      company_name => 'Acme Ltd',
                                      website => 'acme.test' })->json;

    is(scalar @{ $crm->redis('KEYS', '{}d:*:o:*') }, 5, 'five keys');

    $crm->post('/leads', { name => 'y', email => 'bob@acme.test' });
    is(scalar @{ $crm->redis('KEYS', '{}d:*:g') }, 1, 'a group');
    $crm->check_clean;

    $crm->patch("/leads/$lead->{id}", { email => undef });
    is(scalar @{ $crm->redis('KEYS', '{}d:*:g') }, 0, 'no group');

    $crm->post("/leads/$lead->{id}/archive", {});
    is(scalar @{ $crm->redis('KEYS', '{}d:*:a:*') }, 3, 'archived');
    $crm->post("/leads/$lead->{id}/restore", {});
    $crm->post("/leads/$lead->{id}/lost", {});
    is(scalar @{ $crm->redis('KEYS', '{}d:*:c:*') }, 3, 'closed');
    $crm->check_clean;

    $crm->delete("/leads/$lead->{id}");
    is(scalar @{ $crm->redis('KEYS', '{}d:*:c:*') }, 0, 'deleted');
    $crm->check_clean;
};


subtest 'a changed rule' => sub {
    my @ids = map { $_->{id} }
              @{ $crm->post('/leads/batch', { operations => [
                  map { { op => 'create',
                          body => { name => "lead $_",
                                    contact_name => "Person $_",
                                    email => 'p' . $_ % 50 . '@x.test' } } }
                  1 .. 700 ] })->json->{results} };

    my $res = $crm->post('/duplicate-rules',
                         { name => 'Same person', field => 'contact_name',
                           pattern => '.+' });

    $crm->status_ok($res, 201);
    is($res->json->{health}, undef, 'health');

    my $id = $res->json->{id};

    settle();
    is(scalar @{ generations($id) }, 1, 'one generation');

    my $sum = 0;
    $sum += $crm->redis('ZCARD', $_) for @{ $crm->redis('KEYS',
                                                        "{}d:$id:*:o:*") };
    is($sum, 700, 'every lead has its key');
    $crm->check_clean;

    my $version = $crm->get("/duplicate-rules/$id")->json->{version};
    is($version, 1, 'to be indexed is no new version');

    my $was = generations($id)->[0];
    $res = $crm->patch("/duplicate-rules/$id", { pattern => '^\w+' });
    is($res->json->{version}, 2, 'a new version');
    $crm->post('/leads', { name => 'while', contact_name => 'Person new' });
    settle();

    is(scalar @{ generations($id) }, 1, 'one generation');
    isnt(generations($id)->[0], $was, 'another one');
    is($crm->redis('ZRANGE', "{}d:$id:" . generations($id)->[0] . ':g', 0, -1,
                   'WITHSCORES')->[1] >> 44, 255, 'one group');
    $crm->check_clean;

    $crm->status_ok($crm->patch("/duplicate-rules/$id", { active => \0 }),
                    200);
    settle();
    is_deeply(generations($id), [], 'inactive: nothing');
    $crm->check_clean;

    $crm->patch("/duplicate-rules/$id", { active => \1 });
    $crm->patch("/duplicate-rules/$id", { pattern => '.+' });
    $crm->patch("/duplicate-rules/$id", { pattern => '\w+$' });
    settle();
    is(scalar @{ generations($id) }, 1, 'one generation');
    $crm->check_clean;

    $crm->status_ok($crm->delete("/duplicate-rules/$id"), 204);
    settle();
    is_deeply(generations($id), [], 'deleted: nothing');
    $crm->check_clean;
};


subtest 'free mail' => sub {
    my %rule = rules();
    my $id   = $rule{'Same e-mail domain'}{id};

    is(scalar(grep { !/:g$/ } @{ $crm->redis('KEYS', "{}d:$id:*:o:*") }), 2,
       'two domains');

    $crm->status_ok($crm->patch('/settings',
                                { free_mail_domains => ['X.test'] }), 200);
    settle();

    is(scalar(grep { !/:g$/ } @{ $crm->redis('KEYS', "{}d:$id:*:o:*") }), 1,
       'one domain');
    is($crm->get("/duplicate-rules/$id")->json->{version}, 1,
       'the rule is what it was');
    $crm->check_clean;
};


subtest 'health' => sub {
    my $res = $crm->post('/duplicate-rules',
                         { name => 'Costly', field => 'contact_name',
                           pattern => '^(a+)+$' });
    my $id  = $res->json->{id};

    settle();
    is($crm->get("/duplicate-rules/$id")->json->{health}, undef, 'well');

    my $lead = $crm->post('/leads', { name => 'x',
                                      contact_name => 'a' x 60 . '!' });

    $crm->status_ok($lead, 201);

    my $rule = $crm->get("/duplicate-rules/$id");
    like($rule->json->{health}, qr/1 record,/, 'says so');
    isnt($rule->header('ETag'), $res->header('ETag'), 'ETag');

    my @more = map {
        $crm->post('/leads', { name => 'y', contact_name => 'a' x 60 . $_ })
            ->json->{id}
    } qw(? .);

    is($crm->get("/duplicate-rules/$id",
                 headers => { 'If-None-Match' => $rule->header('ETag') })
           ->status, 200, 'another figure, another ETag');
    $rule = $crm->get("/duplicate-rules/$id");
    $crm->delete("/leads/$more[0]");
    is($crm->get("/duplicate-rules/$id",
                 headers => { 'If-None-Match' => $rule->header('ETag') })
           ->status, 200, '... also of as many digits');
    $crm->delete("/leads/$more[1]");
    $rule = $crm->get("/duplicate-rules/$id");

    my %rule = rules();
    is($rule{Costly}{health}, $rule->json->{health}, 'in the list, too');
    is($rule{'Same phone'}{health}, undef, 'others are well');

    $res = $crm->patch("/duplicate-rules/$id", { %{ $rule->json },
                                                 confidence => 7 });
    $crm->status_ok($res, 200);
    $crm->problem_ok($crm->patch("/duplicate-rules/$id", { health => 'x' }),
                     422, 'validation', [['health', 'read_only']]);

    my $metrics = $crm->operator('GET', '/metrics')->body;
    like($metrics, qr/^crm_duplicate_rule_limits_total [1-9]/m, 'metrics');

    $crm->delete('/leads/' . $lead->json->{id});
    is($crm->get("/duplicate-rules/$id")->json->{health}, undef,
       'well again');
    $crm->check_clean;
};


subtest 'the checker mends' => sub {
    my ($bucket) = grep { !/:g$/ } @{ $crm->redis('KEYS', '{}d:1:0:o:*') };
    my ($groups) = @{ $crm->redis('KEYS', '{}d:1:0:g') };

    my $members = $crm->redis('ZRANGE', $bucket, 0, -1, 'WITHSCORES');
    my $group   = $crm->redis('ZRANGE', $groups, 0, 0)->[0];

    $crm->redis('ZREM', $bucket, $members->[0]);
    $crm->redis('ZADD', $bucket, 17, 99_999);
    $crm->redis('ZADD', $groups, 3, 17);
    $crm->redis('ZADD', $groups, 999, $group);
    $crm->redis('ZADD', '{}d:77:5:o:1', 17, 1);

    my $job = $crm->wait_job($crm->operator('POST', '/tenants/' . $crm->slug
                                            . '/check', { repair => \1 }));

    cmp_ok($job->json->{result}{faults}, '>=', 5, 'found');
    is($job->json->{result}{repaired}, $job->json->{result}{faults},
       'mended') || diag($job->describe);
    $crm->check_clean;

    is_deeply($crm->redis('ZRANGE', $bucket, 0, -1, 'WITHSCORES'), $members,
              'as before');
};


$crm->check_clean;

done_testing;
