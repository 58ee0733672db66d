use utf8;

# Duplicates: of a lead, of what is being typed, groups over the tenant, pairs
# that are kept separate; and what a salesperson must not learn.

use CRM::Test;

use Mojo::Util qw(b64_decode);

my $crm = CRM::Test->tenant(timezone => 'Europe/Berlin');
my $sal = $crm->user(name => 'Sal', role => 'salesperson');
my $sue = $crm->user(name => 'Sue', role => 'salesperson');
my $man = $crm->user(name => 'Mia', role => 'manager');

my %rule = map { $_->{name} => $_->{id} }
           @{ $crm->get('/duplicate-rules')->json->{data} };
my ($mail, $phone, $domain, $company, $site)
    = @rule{'Same e-mail', 'Same phone', 'Same e-mail domain', 'Same company',
            'Same website'};


# what a cursor holds where it is not sealed, see src/base/crm_cursor.c

sub cursor_numbers {
    my ($cursor) = @_;

    my @bytes = unpack 'x9C*', b64_decode($cursor =~ tr{-_}{+/}r);
    my @numbers;

    for (1 .. 3) {
        my ($byte, $n, $shift) = (0x80, 0, 0);

        for (; @bytes && $byte > 0x7f; $shift += 7) {
            $byte = shift @bytes;
            $n |= ($byte & 0x7f) << $shift;
        }

        push @numbers, $n >> 1;
    }

    return @numbers;
}


sub lead {
    my ($by, %fields) = @_;

    my $res = $by->post('/leads', { name => 'x', %fields });

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


sub of {
    my ($by, $id, $query) = @_;

    return $by->get("/leads/$id/duplicates" . ($query // ''));
}


# what an answer says: ids, confidences, rules and keys

sub short {
    my ($res) = @_;

    return $res->describe if $res->status != 200;

    return [map {
        my $match = $_;

        [$match->{lead}{id}, $match->{confidence},
         map { join ' ', $_->{rule_id} // 'null', $_->{field}, $_->{key} }
             @{ $match->{matched} }]
    } @{ $res->json->{data} }];
}


sub found_ok {
    my ($res, $expected, $name, $hidden) = @_;

    is_deeply(short($res), $expected, $name) || diag($res->describe);
    is($res->json->{hidden}, $hidden // 0, "$name: hidden");
}


subtest 'by the default rules' => sub {
    my $one = lead($crm, email => 'ada+x@acme.test', phone => '0151 2345678',
                   company_name => 'Acme Ltd', website => 'www.acme.test');
    my $two = lead($crm, email => 'Ada@Acme.test');
    my $three = lead($crm, phone => '+49 (151) 234-5678',
                     company_name => 'ACME, Inc.');
    my $four = lead($crm, website => 'https://acme.test/contact');

    lead($crm, email => 'ada@other.test', phone => '12');

    my $res = of($crm, $one);

    found_ok($res, [
        [$two, 95, "$mail email ada\@acme.test", "$domain email acme.test"],
        [$three, 85, "$phone phone 512345678", "$company company_name acme"],
        [$four, 60, "$site website acme.test"],
    ], 'best first');

    is_deeply([sort keys %{ $res->json }],
              [qw(data hidden next_cursor too_common)], 'the envelope');
    is_deeply($res->json->{too_common}, [], 'nothing is too common');
    is($res->json->{next_cursor}, undef, 'the only page');

    my $lead = $crm->get("/leads/$two")->json;

    is_deeply($res->json->{data}[0]{lead}, $lead, 'the lead itself');

    found_ok(of($crm, $two), [
        [$one, 95, "$mail email ada\@acme.test", "$domain email acme.test"],
    ], 'the other way round');

    found_ok($crm->post('/duplicates/check', { email => 'ada@acme.test' }), [
        [$one, 95, "$mail email ada\@acme.test", "$domain email acme.test"],
        [$two, 95, "$mail email ada\@acme.test", "$domain email acme.test"],
    ], 'while one types');
    found_ok($crm->post('/duplicates/check', { phone => '۰۱۵۱ ۲۳۴۵۶۷۸' }), [
        [$one, 85, "$phone phone 512345678"],
        [$three, 85, "$phone phone 512345678"],
    ], 'in other digits');
    found_ok($crm->post('/duplicates/check', {}), [], 'nothing typed yet');
    found_ok($crm->post('/duplicates/check', { name => 'x', email => undef }),
             [], 'only a name');
    found_ok($crm->post('/duplicates/check', {
        phone => '030 9999999', map { $_ => undef } qw(name id user_id tag_ids)
    }), [], 'null is absent, of a required field, too');
    found_ok($crm->post('/duplicates/check', { name => ' ' }), [],
             'no field is required');
    found_ok($crm->req('POST', '/duplicates/check'), [], 'nor the body');

    # pages

    my $page = of($crm, $one, '?limit=2&total=true')->json;
    my $next = $page->{next_cursor};

    is($page->{total}, 3, 'total');
    is_deeply([map { $_->{lead}{id} } @{ $page->{data} }], [$two, $three],
              'a page of two');

    found_ok(of($crm, $one, "?limit=2&total=true&cursor=$next"),
             [[$four, 60, "$site website acme.test"]], 'the second page');
    $crm->problem_ok(of($crm, $two, "?limit=2&cursor=$next"), 400,
                     'invalid_cursor');

    is_deeply([sort keys %{ of($crm, $one, '?fields=name')
                            ->json->{data}[0]{lead} }],
              ['id', 'name'], 'fields');
    is(of($crm, $one, '?include=user')->json->{data}[0]{lead}{user}{id},
       $crm->id, 'include');

    $crm->problem_ok(of($crm, 999_999), 404, 'not_found');
    $crm->problem_ok(of($crm, $one, '?activ=any'), 400, 'unknown_parameter');
    $crm->problem_ok(of($crm, $one, '?active=false'), 400,
                     'invalid_parameter');
    $crm->problem_ok(of($crm, $one, '?sort=name'), 400, 'unknown_parameter');
};


subtest 'check: what is refused' => sub {
    $crm->problem_ok($crm->post('/duplicates/check',
                                { colour => 1, email => 'x', id => 7,
                                  stage_id => 99, contact_id => 99 }),
                     422, 'validation', [['colour', 'unknown_field'],
                                         ['email', 'invalid'],
                                         ['id', 'read_only'],
                                         ['stage_id', 'not_found'],
                                         ['contact_id', 'not_found']]);
    $crm->problem_ok($crm->post('/duplicates/check', []), 400,
                     'malformed_json');
    is($crm->get('/leads?total=true')->json->{total}, 5, 'nothing is written');
};


subtest 'states' => sub {
    my $open = lead($crm, email => 'state@states.test');
    my ($won, $lost, $archived)
        = map { lead($crm, email => 'state@states.test') } 1 .. 3;

    $crm->status_ok($crm->post("/leads/$won/won", {}), 200);
    $crm->status_ok($crm->post("/leads/$lost/lost", {}), 200);
    $crm->status_ok($crm->post("/leads/$archived/archive", {}), 200);

    my @same = ("$mail email state\@states.test",
                "$domain email states.test");

    found_ok(of($crm, $open), [[$won, 95, @same], [$lost, 95, @same]],
             'won and lost ones, no archived one');
    found_ok(of($crm, $open, '?active=any'),
             [[$won, 95, @same], [$lost, 95, @same], [$archived, 95, @same]],
             'active=any');
    found_ok(of($crm, $archived),
             [[$open, 95, @same], [$won, 95, @same], [$lost, 95, @same]],
             'of an archived one');

    $crm->delete("/leads/$_") for $won, $lost, $archived, $open;
};


subtest 'rights' => sub {
    my $mine  = lead($sal, email => 'who@rights.test');
    my $other = lead($crm, email => 'who@rights.test', user_id => $sue->id);
    my $free  = lead($crm, email => 'who@rights.test', user_id => undef);

    my @same = ("$mail email who\@rights.test", "$domain email rights.test");

    my $res = of($sal, $mine);
    found_ok($res, [[$free, 95, @same]], 'own and nobody\'s', 1);
    unlike($res->body, qr/"id":$other\b/, 'no id');

    found_ok($sal->post('/duplicates/check', { email => 'who@rights.test' }),
             [[$mine, 95, @same], [$free, 95, @same]], 'check', 1);
    found_ok(of($man, $mine), [[$other, 95, @same], [$free, 95, @same]],
             'a manager');
    $crm->problem_ok(of($sal, $other), 404, 'not_found');

    $crm->delete("/leads/$_") for $mine, $other, $free;
};


subtest 'contacts' => sub {
    my $acme = $crm->post('/contacts', { name => 'Firm', kind => 'company' })
               ->json->{id};
    my ($ann, $ben) = map {
        $crm->post('/contacts', { name => $_, parent_id => $acme })
        ->json->{id}
    } 'Ann', 'Ben';
    my $cat = $crm->post('/contacts', { name => 'Cat' })->json->{id};

    # company_name comes from the contact; here only contacts shall match

    my ($one, $two, $three, $four, $five) = map {
        my $id = lead($crm, contact_id => $_);
        $crm->patch("/leads/$id", { company_name => undef });
        $id
    } $ann, $ann, $ben, $acme, $cat;

    found_ok(of($crm, $one), [
        [$two, 90, "null contact $ann"], [$three, 45, "null contact $acme"],
        [$four, 45, "null contact $acme"],
    ], 'the same contact, the same company');
    found_ok(of($crm, $four), [
        [$one, 45, "null contact $acme"], [$two, 45, "null contact $acme"],
        [$three, 45, "null contact $acme"],
    ], 'of the company itself');
    found_ok(of($crm, $five), [], 'of nobody');

    $crm->patch("/contacts/$cat", { parent_id => $acme });
    is(scalar @{ of($crm, $five)->json->{data} }, 4, 'moved to the company');
    $crm->patch("/contacts/$cat", { parent_id => undef });
    found_ok(of($crm, $five), [], 'and away');

    found_ok($crm->post('/duplicates/check', { contact_id => $cat }),
             [[$five, 90, "null contact $cat"]], 'check');

    $crm->delete("/leads/$_") for $one, $two, $three, $four, $five;
};


subtest 'too common' => sub {
    my @leads = map { { op => 'create',
                        body => { name => 'x', company_name => 'Common AG',
                                  phone => "030 99$_" } } } 100 .. 299;

    $crm->status_ok($crm->post('/leads/batch', { operations => \@leads }),
                    200);

    my $res = $crm->post('/duplicates/check', { company_name => 'common' });

    is(scalar @{ $res->json->{data} }, 50, '200 are listed: a page');
    is_deeply($res->json->{too_common}, [], 'not too common');
    is($crm->post('/duplicates/check?limit=1000&total=true',
                  { company_name => 'common' })->json->{total}, 200,
       'all of them');

    my $one = lead($crm, company_name => 'Common', phone => '030 99123');
    $res = of($crm, $one);

    is_deeply($res->json->{too_common},
              [{ rule_id => $company, key => 'common', count => 201 }],
              '201 are too many');
    is(scalar @{ $res->json->{data} }, 1, 'what matches otherwise is there');
    is_deeply([map { $_->{rule_id} } @{ $res->json->{data}[0]{matched} }],
              [$phone], 'by its own key only');
    is_deeply($sal->post('/duplicates/check', { company_name => 'common' })
              ->json->{too_common}[0]{count}, 201, 'a number is no secret');

    $crm->post("/leads/$one/archive", {});
    is($crm->post('/duplicates/check?limit=1000&total=true',
                  { company_name => 'common' })->json->{total}, 200,
       'archived ones do not count');
    is($crm->post('/duplicates/check?active=any',
                  { company_name => 'common' })->json->{too_common}[0]{count},
       201, 'unless they are asked for');

    my $ids = [map { $_->{id} }
               @{ $crm->get('/leads?limit=1000&active=any&fields=id&q=common')
                  ->json->{data} }];
    $crm->post('/leads/batch', { operations =>
        [map { { op => 'delete', id => $_ } } @$ids] });
};


# no more of them is read for what else a group of few has in common

subtest 'a group of few with a key that is too common' => sub {
    my $server = CRM::Test->private;
    my $admin  = CRM::Test->tenant(server => $server);
    my $seller = $admin->user(role => 'salesperson');

    my $common = { name => 'x', company_name => 'Common' };

    $crm->status_ok($admin->post('/leads/batch', { operations => [
        ({ op => 'create', body => $common }) x 200 ] }), 200);
    lead($seller, company_name => 'Common', email => 'few@few.test') for 1, 2;

    $server->redis('CONFIG', 'SET', 'slowlog-max-len', 1000);
    $server->redis('CONFIG', 'SET', 'slowlog-log-slower-than', 0);
    $server->redis('SLOWLOG', 'RESET');

    my $res   = $seller->get('/duplicates');
    my @reads = grep { $_->[0] eq 'ZRANGEBYSCORE' } map { $_->[3] }
                @{ $server->redis('SLOWLOG', 'GET', -1) };

    is_deeply([map { $_->{field} } @{ $res->json->{data}[0]{matched} }],
              ['email', 'email'], 'a group, not by that key');
    cmp_ok(scalar @reads, '>', 2, 'its keys are looked up');
    is_deeply([grep { join(' ', @$_) !~ /LIMIT 0 201$/ } @reads], [],
              'with a bound each');
    $admin->check_clean;
};


subtest 'groups' => sub {
    $crm->delete("/leads/$_->{id}")
        for @{ $crm->get('/leads?limit=1000&active=any&fields=id')
               ->json->{data} };

    my $res = $crm->get('/duplicates');

    $crm->status_ok($res, 200);
    is_deeply($res->json, { data => [], next_cursor => undef }, 'none');

    my @pair  = map { lead($crm, email => 'pair@pair.test') } 1, 2;
    my @three = map { lead($crm, company_name => "Trio $_") } 'AG', 'Ltd', '';
    my @sals  = (lead($sal, phone => '030 1234567'),
                 lead($crm, phone => '030 1234567', user_id => $sue->id),
                 lead($crm, phone => '030 1234567', user_id => undef));
    my $won   = lead($crm, email => 'pair@pair.test');

    $crm->post("/leads/$won/won", {});

    my $groups = sub {
        my ($by, $query) = @_;

        my $res = $by->get('/duplicates' . ($query // ''));

        return $res->describe if $res->status != 200;

        return [map { [ [map { $_->{id} } @{ $_->{leads} }],
                        map { "$_->{rule_id} $_->{field} $_->{key}" }
                            @{ $_->{matched} }] } @{ $res->json->{data} }];
    };

    my @all = (
        [\@pair, "$mail email pair\@pair.test", "$domain email pair.test"],
        [\@three, "$company company_name trio"],
        [\@sals, "$phone phone 301234567"],
    );

    my $found = $groups->($crm);

    is_deeply([map { scalar @{ $_->[0] } } @$found], [3, 3, 2],
              'largest first');
    is_deeply([sort { $a->[0][0] <=> $b->[0][0] } @$found], \@all,
              'groups; keys with the same records are one; no won one');
    is_deeply($groups->($sal), [[[@sals[0, 2]], "$phone phone 301234567"]],
              'a salesperson sees groups of what they may see');
    is($crm->get('/duplicates?total=true')->json->{total}, 3, 'total');

    my (@paged, $cursor);

    for (1 .. 10) {
        my $res = $crm->get('/duplicates?limit=1'
                            . (defined $cursor ? "&cursor=$cursor" : ''));

        $crm->status_ok($res, 200);
        push @paged, map { $_->{leads}[0]{id} } @{ $res->json->{data} };
        last if !defined($cursor = $res->json->{next_cursor});
    }

    is_deeply(\@paged, [map { $_->[0][0] } @$found], 'page by page');

    # the place is that of a group of three, one of which nobody tells a
    # salesperson of

    my @more    = map { lead($sal, phone => '030 7654321') } 1, 2;

    my @cursors = map { $sal->get('/duplicates?limit=1')
                        ->json->{next_cursor} } 1, 2;

    is(scalar @{ $groups->($sal, "?limit=1&cursor=$_") }, 1, 'goes on')
        for @cursors;
    isnt($cursors[0], $cursors[1], 'a cursor tells nothing');
    isnt((cursor_numbers($cursors[0]))[1] >> 44, 3, 'no size of a group');
    $crm->problem_ok($sal->get('/duplicates?cursor='
                               . substr($cursors[0], 0, -1)
                               . ($cursors[0] =~ /A\z/ ? 'Q' : 'A')), 400,
                     'invalid_cursor', undef, 'changed');
    $crm->delete("/leads/$_") for @more;

    is_deeply([sort keys %{ $crm->get('/duplicates?fields=name&limit=1')
                            ->json->{data}[0]{leads}[0] }], ['id', 'name'],
              'fields');
    $crm->problem_ok($crm->get('/duplicates?active=any'), 400,
                     'unknown_parameter');
    $crm->problem_ok($crm->get('/duplicates?cursor=x'), 400,
                     'invalid_cursor');

    # a part of a group by another key is a group of its own

    my $part = lead($crm, email => 'third@pair.test');

    $found = $groups->($crm);
    is_deeply([map { $_->[0] } grep { $_->[0][0] == $pair[0] } @$found],
              [[@pair, $part], \@pair], 'the domain has one more');

    $crm->delete("/leads/$_") for @pair, $part, @three, @sals, $won;
    is_deeply($groups->($crm), [], 'none');

    # two keys, one of which a hidden record has, too

    my @mine = map { lead($sal, email => 'z@zed.test', company_name => 'Zed') }
               1, 2;
    my $hers = lead($crm, company_name => 'Zed', user_id => $sue->id);

    is_deeply([map { $_->[0] } @{ $groups->($crm) }],
              [[@mine, $hers], \@mine], 'two groups');
    is_deeply($groups->($sal), [[\@mine, "$mail email z\@zed.test",
                                 "$domain email zed.test",
                                 "$company company_name zed"]],
              'one to whom they are the same records');

    my (@seen_by_page, $next);

    do {
        my $page = $sal->get('/duplicates?limit=1'
                             . (defined $next ? "&cursor=$next" : ''));

        push @seen_by_page, map { [ [map { $_->{id} } @{ $_->{leads} }],
                                    map { $_->{rule_id} } @{ $_->{matched} }] }
                            @{ $page->json->{data} };
        $next = $page->json->{next_cursor};
    } while (defined $next);

    is_deeply(\@seen_by_page, [[\@mine, $mail, $domain, $company]],
              'on one page, by all of its keys');

    $crm->delete("/leads/$_") for @mine, $hers;

    # the order is that of what one sees

    my @five = map { lead($crm, phone => '030 5555555', user_id => $_->id) }
               $sal, $sal, $sue, $sue, $sue;
    my @seen = map { lead($sal, phone => '030 3333333') } 1 .. 3;

    is_deeply([map { $_->[0] } @{ $groups->($crm) }], [\@five, \@seen],
              'five and three');
    is_deeply([map { $_->[0] } @{ $groups->($sal) }],
              [\@seen, [@five[0, 1]]], 'three and two of five');

    # whoever keeps separate what they see has done with the group

    $crm->status_ok($sal->post('/duplicates/dismiss',
                               { ids => [@five[0, 1]] }), 200);
    is_deeply([map { $_->[0] } @{ $groups->($sal) }], [\@seen],
              'none of it is left to see');
    is_deeply([map { $_->[0] } @{ $groups->($crm) }], [\@five, \@seen],
              'the others are no less');

    $crm->delete("/leads/$_") for @five, @seen;
    $crm->check_clean;
};


subtest 'kept separate' => sub {
    my ($one, $two, $three)
        = map { lead($crm, email => 'keep@keep.test', phone => $_) }
              '030 1111111', '030 1111111', '030 2222222';

    my $ids = sub {
        my ($id) = @_;
        return [map { $_->{lead}{id} } @{ of($crm, $id)->json->{data} }];
    };

    my $version = $crm->get("/leads/$one")->json->{version};
    my $res = $crm->post('/duplicates/dismiss', { ids => [$one, $two] });

    $crm->status_ok($res, 200);
    is_deeply($res->json, { ids => [$one, $two] }, 'the answer');
    is($crm->get("/leads/$one")->json->{version}, $version, 'no new version');
    is_deeply($ids->($one), [$three], 'one is not two');
    is_deeply($ids->($two), [$three], 'two is not one');
    is_deeply($ids->($three), [$one, $two], 'three may be both');
    is_deeply([map { $_->{id} } @{ $crm->get('/duplicates')
                                   ->json->{data}[0]{leads} }],
              [$one, $two, $three], 'still in the group of three');

    $crm->patch("/leads/$one", { city => 'Bonn', website => 'x.test' });
    is_deeply($ids->($one), [$three], 'other fields do not matter');

    $crm->patch("/leads/$two", { phone => '030 3333333' });
    is_deeply($ids->($one), [$two, $three], 'a field that matched changed');
    $crm->patch("/leads/$two", { phone => '030 1111111' });
    is_deeply($ids->($one), [$two, $three], 'and it is forgotten');

    $crm->post('/duplicates/dismiss', { ids => [$one, $two, $three] });
    is_deeply($ids->($_), [], 'all apart') for $one, $two, $three;
    is_deeply($crm->get('/duplicates')->json->{data}, [], 'no group');

    is(scalar @{ $crm->post('/duplicates/check',
                            { email => 'keep@keep.test' })->json->{data} },
       3, 'a new one is another matter');

    # through a merge and its way back

    my $home = lead($crm, email => 'keep@keep.test');

    $crm->status_ok($crm->post('/leads/merge', { ids => [$one, $two] }), 200);
    $crm->status_ok($crm->post("/leads/$one/unmerge", {}), 200);
    is_deeply($ids->($_), [$home], 'still apart') for $one, $two, $three;
    $crm->delete("/leads/$home");

    $crm->delete("/leads/$one");
    $crm->check_clean;

    # what is refused

    my $hidden = lead($crm, name => 'x', user_id => $sue->id);

    $crm->problem_ok($crm->post('/duplicates/dismiss', {}), 422,
                     'validation', [['ids', 'required']]);
    $crm->problem_ok($crm->post('/duplicates/dismiss', { ids => [$two] }),
                     422, 'validation', [['ids', 'invalid']]);
    $crm->problem_ok($crm->post('/duplicates/dismiss',
                                { ids => [$two, 999_999] }), 422,
                     'validation', [['ids', 'not_found']]);

    my $mine = lead($sal, name => 'x');

    $crm->problem_ok($sal->post('/duplicates/dismiss',
                                { ids => [$mine, $_] }), 404, 'not_found')
        for $hidden, 999_999;

    # one that was merged, which takes another look

    my $lost = lead($crm, name => 'x');

    $crm->status_ok($crm->post('/leads/merge', { ids => [$hidden, $lost] }),
                    200);

    $res = $crm->post('/duplicates/dismiss', { ids => [$lost, $two] });

    $crm->problem_ok($res, 409, 'merged', undef, 'a tombstone');
    is($res->json->{survivor_id}, $hidden, 'and where it went');
    $crm->problem_ok($sal->post('/duplicates/dismiss',
                                { ids => [$mine, $lost] }), 404, 'not_found',
                     undef, 'whose survivor is hidden');

    $crm->delete("/leads/$_") for $two, $three, $hidden, $mine;
};


subtest 'include=duplicate_count' => sub {
    my $one = lead($crm, email => 'count@count.test');
    my $two = lead($sal, email => 'count@count.test');
    my $three = lead($crm, email => 'count@count.test', user_id => $sue->id);
    my $four = lead($crm);

    my $res = $crm->get("/leads/$one?include=duplicate_count");

    $crm->status_ok($res, 200);
    is($res->json->{duplicate_count}, 2, 'one lead');

    my $etag = $res->header('ETag');
    $crm->post("/leads/$three/archive", {});
    $res = $crm->get("/leads/$one?include=duplicate_count");
    is($res->json->{duplicate_count}, 1, 'one less');
    isnt($res->header('ETag'), $etag, 'another ETag');
    $crm->post("/leads/$three/restore", {});

    my %count = map { $_->{id} => $_->{duplicate_count} }
                @{ $crm->get('/leads?include=duplicate_count,user')
                   ->json->{data} };
    is_deeply(\%count, { $one => 2, $two => 2, $three => 2, $four => 0 },
              'a list');
    is($sal->get("/leads/$two?include=duplicate_count")
       ->json->{duplicate_count}, 0, 'a salesperson counts what they see');
    is(of($crm, $one, '?include=duplicate_count')
       ->json->{data}[0]{lead}{duplicate_count}, 2, 'of a duplicate');
    ok(!exists $crm->get("/leads/$one")->json->{duplicate_count},
       'only where it is asked for');

    $crm->delete("/leads/$_") for $one, $two, $three, $four;
};


$crm->check_clean;

done_testing;
