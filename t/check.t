use utf8;

# The checker: finds every kind of break, names it, mends it; finds nothing
# where nothing is broken, also while others write.

use CRM::Test;

my $crm = CRM::Test->tenant(timezone => 'Asia/Tehran');


sub check {
    my ($tenant, %body) = @_;

    my $job = $tenant->wait_job(
        $tenant->operator('POST', '/tenants/' . $tenant->slug . '/check',
                          \%body));

    is($job->json->{state}, 'done', 'the check has ended')
        || diag($job->describe);

    return $job->json->{result};
}


# Breaks something, sees that exactly this is found, mended and then gone.

sub finds {
    my ($name, $break, $samples, $faults) = @_;

    subtest $name => sub {
        $break->();

        my $found = check($crm);

        is($found->{faults}, $faults // scalar @$samples, 'faults');
        is_deeply([ sort @{ $found->{samples} } ], [ sort @$samples ],
                  'in words') if !defined $faults;
        is($found->{repaired}, 0, 'nothing is touched');

        is(check($crm)->{faults}, $found->{faults}, 'still there');

        my $mended = check($crm, repair => \1);

        is($mended->{faults}, $found->{faults}, 'found while mending');
        is($mended->{repaired}, $found->{faults}, 'all mended');

        is_deeply({ %{ check($crm) }{qw(faults repaired samples)} },
                  { faults => 0, repaired => 0, samples => [] }, 'clean');
    };
}


# The same for a break that has consequences: how many faults it makes depends
# on what is mended first.

sub mends {
    my ($name, $break, $sample) = @_;

    subtest $name => sub {
        $break->();

        my $found = check($crm);

        cmp_ok($found->{faults}, '>', 0, 'found');
        ok((grep { $_ eq $sample } @{ $found->{samples} }), 'in words')
            || diag(join "\n", @{ $found->{samples} });

        my $mended = check($crm, repair => \1);

        cmp_ok($mended->{faults}, '>', 0, 'found while mending');
        is($mended->{repaired}, $mended->{faults}, 'all mended');
        is(check($crm)->{faults}, 0, 'clean');
    };
}


sub fill {
    my ($tenant, $n) = @_;

    my $company = $tenant->post('/contacts', {
        name => 'Acme GmbH', kind => 'company', email => 'info@acme.example',
        phone => '+98 21 8800 1122',
    })->json;

    $tenant->post('/contacts', {
        name => 'بهار', parent_id => $company->{id}, active => \0,
    });
    $tenant->post('/tags', { name => 'VIP' });

    my @operations = map { {
        op => 'create', body => {
            name => "Lead نام $_", company_name => "Firma $_",
            email => "a$_\@firma.example", phone => "0912 345 $_",
            expected_revenue => 1000 * $_, country => 'IR',
            source => $_ % 2 ? 'Web' : undef,
            contact_id => $_ % 3 ? $company->{id} : undef,
            tag_ids => $_ % 5 ? [] : [1],
            expected_close => $_ % 4 ? '2027-01-15' : undef,
            priority => $_ % 4,
        },
    } } 1 .. $n;

    while (my @some = splice @operations, 0, 500) {
        my $res = $tenant->post('/leads/batch', { operations => \@some });
        is($res->json->{failed}, 0, 'leads');
    }
}


fill($crm, 30);

$crm->post('/leads/3/won', {});
$crm->post('/leads/4/lost', { lost_reason => 'Too dear', note => 'x' });
$crm->post('/leads/5/archive', {});
$crm->post('/leads/6/messages', { body => 'hello' }) for 1 .. 3;
$crm->delete('/leads/7');
$crm->patch('/leads/8', { name => 'Another', user_id => undef });
$crm->user;

$crm->post('/leads/9/activities', { type_id => 1, due_date => '2026-12-01' });
$crm->post('/leads/9/activities', { type_id => 4, due_date => '2026-12-05',
                                    user_id => 2 });
$crm->post('/leads/10/activities', {
    type_id => 3, start_at => '2026-12-02T09:00:00Z',
    end_at => '2026-12-02T10:00:00Z',
});
$crm->post('/leads/11/activities', { type_id => 2 });
$crm->post('/activities/4/done', { feedback => 'ok' });
$crm->post('/leads/12/activities', { type_id => 2 });
$crm->post('/activities/5/cancel', {});
$crm->post('/contacts/1/activities', { type_id => 2 });
$crm->post('/leads/14/activities', { type_id => 2 });
$crm->post('/leads/14/archive', {});
$crm->post('/me/calendar-token', {});
$crm->post('/orders', { lead_id => $_, team_id => 1,
                        lines => [{ description => 'x', unit_price => 500 }] })
    for 9, 9, undef;


subtest 'a clean tenant' => sub {
    my $result = check($crm);

    is_deeply({ %$result{qw(faults repaired samples)} },
              { faults => 0, repaired => 0, samples => [] }, 'no faults')
        || diag(join "\n", @{ $result->{samples} });

    # 1 settings, 2 users, 1 team, 4 stages, 5 reasons, 1 tag, 4 types, 5
    # rules, 2 tokens, 2 contacts, 7 activities, 29 leads and their messages
    cmp_ok($result->{entities}, '>=', 63 + 3, 'records');

    my $job = $crm->wait_job($crm->operator('POST', '/tenants/' . $crm->slug
                                            . '/check'));
    is($job->json->{total}, $job->json->{done}, 'progress is complete');
    is($job->json->{failed}, 0, 'nothing failed');
};


finds('a member is lacking in a sorted set',
      sub { $crm->redis('ZREM', '{}l:s:o1:c', '0000000010') },
      ['l:s:o1:c lacks lead 10']);

finds('a wrong score',
      sub { $crm->redis('ZADD', '{}l:b:o:1', 77, '0000000011') },
      ['l:b:o:1 lacks lead 11',
       'l:b:o:1 has 0000000011 with 77, which no record asks for']);

finds('a member too much',
      sub { $crm->redis('ZADD', '{}l:s:o1:r', 5, '0000000999') },
      ['l:s:o1:r has 0000000999 with 5, which no record asks for']);

finds('a word',
      sub { $crm->redis('ZADD', '{}l:w:xyz:0', 0, "abc\x{1}0012") },
      ['l:w:xyz:0 is there, but follows from no record']);

finds('a bit is cleared',
      sub { $crm->redis('SETBIT', '{}l:f:state:open:0', 12, 0) },
      ['l:f:state:open:0 lacks lead 12']);

finds('a bit too much',
      sub { $crm->redis('SETBIT', '{}l:f:state:open:0', 30000, 1) },
      ['l:f:state:open:0 has bit 30000, which no record asks for']);

finds('a bitmap of a value that nobody has',
      sub { $crm->redis('SETBIT', '{}l:f:stage:99:0', 12, 1) },
      ['l:f:stage:99:0 is there, but follows from no record']);

finds('a row that is cleared',
      sub { $crm->redis('SETRANGE', '{}l:x:0', 12 * 50, "\0" x 50) },
      ['l:x:0 lacks lead 12']);

finds('a row with another figure',
      sub { $crm->redis('SETRANGE', '{}l:x:0', 12 * 50, "\1") },
      ['l:x:0 lacks lead 12',
       'l:x:0 has a row at 600, which no record asks for']);

finds('a row too much',
      sub { $crm->redis('SETRANGE', '{}l:x:0', 1900 * 50, "\1" x 50) },
      ['l:x:0 has a row at 95000, which no record asks for']);

finds('half a row behind the others',
      sub { $crm->redis('SETRANGE', '{}l:x:0', 1900 * 50, "\1" x 7) },
      ['l:x:0 has a row at 95000, which no record asks for']);

finds('rows of leads that are not',
      sub { $crm->redis('SETRANGE', '{}l:x:9', 0, "\1" x 50) },
      ['l:x:9 is there, but follows from no record']);

finds('a counter',
      sub { $crm->redis('HINCRBY', '{}l:g:o:1', 'n', 3) },
      ['l:g:o:1 has n at '
       . ($crm->redis('HGET', '{}l:g:o:1', 'n') + 3) . ' instead of '
       . $crm->redis('HGET', '{}l:g:o:1', 'n')]);

finds('a counter that is gone',
      sub { $crm->redis('HDEL', '{}count:lost_reason', 5) },
      ['count:lost_reason has 5 at 0 instead of 1']);

finds('a counter too much',
      sub { $crm->redis('HSET', '{}l:g:o:77', 'n', 1) },
      ['l:g:o:77 is there, but follows from no record']);

finds('a counter that is no number',
      sub { $crm->redis('HSET', '{}l:g:o:1', 'x', 'y') },
      ['l:g:o:1 has x with y, which no record asks for']);

finds('a contact\'s index',
      sub { $crm->redis('ZREM', '{}c:s:1:c', '0000000001') },
      ['c:s:1:c lacks contact 1']);

finds('a key that is nothing',
      sub { $crm->redis('SET', '{}foo', 'x') },
      ['foo is there, but follows from no record']);

finds('a list where none belongs',
      sub { $crm->redis('RPUSH', '{}bar', 'x') },
      ['bar is there, but follows from no record']);

finds('messages without a lead',
      sub { $crm->redis('RPUSH', '{}lead:99:m', 'x') },
      ['lead:99:m belongs to no lead']);

finds('more messages than were counted',
      sub { $crm->redis('HSET', '{}lead:6', 'mc', 1) },
      ['lead 6 has counted 1 messages, but 3 are there']);

finds('a card',
      sub { $crm->redis('HSET', '{}lead:13', 'card', 'x') },
      ['lead 13 has a card that is not what its fields say']);

finds('the last id',
      sub { $crm->redis('HSET', '{}tenant', 'id:lead', 5,
                        'id:stage', 1) },
      ['id:lead is 5, but there is lead 30',
       'id:stage is 1, but there is stage 4']);

finds('an activity\'s index',
      sub { $crm->redis('ZREM', '{}a:o', '0000000001') },
      ['a:o lacks activity 1']);

finds('a lead that does not know its activities',
      sub { $crm->redis('HDEL', '{}lead:9', 'act') },
      ['lead 9 has another next activity or due day than its activities say']);

finds('a due day of nothing',
      sub { $crm->redis('HSET', '{}lead:15', 'act',
                        '1796000000000,1796086400000,9,1,20790,1') },
      ['lead 15 has another next activity or due day than its activities say']);

mends('an activity that does not know its lead',
      sub { $crm->redis('HSET', '{}activity:2', 'team', 7) },
      'activity 2 does not know lead 9 as it is');

mends('an activity of no record',
      sub { $crm->redis('HSET', '{}activity:3', 'lead', 999) },
      'activity:3 belongs to no record');

finds('an order\'s index',
      sub { $crm->redis('ZREM', '{}o:s:draft:t', '0000000002') },
      ['o:s:draft:t lacks order 2']);

finds('a figure of a team',
      sub { $crm->redis('HINCRBY', '{}t:g:0', '1:qt', 7) },
      ['t:g:0 has 1:qt at 1507 instead of 1500']);

mends('an order that knows another lead',
      sub { $crm->redis('HSET', '{}order:2', 'owner', 7) },
      'order 2 does not know whose it is');

mends('an order without a lead that knows another user',
      sub { $crm->redis('HDEL', '{}order:3', 'owner') },
      'order 3 does not know whose it is');

mends('an order with another total',
      sub { $crm->redis('HSET', '{}order:3', 'total', 501) },
      'order 3 has another total than its lines say');

mends('an order of no lead',
      sub { $crm->redis('HSET', '{}order:1', 'lead', 999) },
      'order:1 is of a lead that is not there');

finds('the token of a calendar feed',
      sub { $crm->redis('HSET', '{}tenant', 'c:abc', 1) },
      ['tenant has c:abc with 1, which no record asks for']);

finds('a token that nobody has',
      sub { $crm->redis('HSET', '{}tenant', 'k:abc', '1:1:0') },
      ['tenant has k:abc with 1:1:0, which no record asks for']);

finds('tokens of no user',
      sub {
          $crm->redis('HSET', '{}tokens:77', 5,
                      '{"id":"5","v":"1","hash":"abc"}');
      },
      ['tokens:77 belongs to no user']);


subtest 'a token that is lacking' => sub {
    my $user  = $crm->user;
    my ($key) = grep { /^k:/ && $crm->redis('HGET', '{}tenant', $_)
                       =~ /^@{[ $user->id ]}:/ }
                @{ $crm->redis('HKEYS', '{}tenant') };

    $crm->redis('HDEL', '{}tenant', $key);
    $crm->problem_ok($user->get('/me'), 401, 'unauthorized');

    my $mended = check($crm, repair => \1);

    is($mended->{faults}, 1, 'found');
    is($mended->{repaired}, 1, 'mended');
    like($mended->{samples}[0], qr/^tenant lacks token \d+$/, 'in words');
    $crm->status_ok($user->get('/me'), 200, 'it works again');
};


finds('a whole index is gone',
      sub { $crm->redis('DEL', '{}l:s:o1:c') }, undef,
      $crm->redis('ZCARD', '{}l:s:o1:c'));

finds('an index of another type',
      sub {
          $crm->redis('DEL', '{}l:s:o1:c');
          $crm->redis('SET', '{}l:s:o1:c', 'x');
      }, undef, 1 + $crm->redis('ZCARD', '{}l:s:o1:c'));


# the hardest break: every index is gone, the figures too

subtest 'all indexes are gone' => sub {
    my @before = map { dump_key($_) } indexes();

    $crm->redis('DEL', $_) for indexes();
    is(scalar indexes(), 0, 'gone');

    my $mended = check($crm, repair => \1);

    cmp_ok($mended->{faults}, '>', 500, 'faults');
    is($mended->{repaired}, $mended->{faults}, 'all mended');
    is(scalar @{ $mended->{samples} }, 20, 'twenty of them in words');
    is_deeply([ map { dump_key($_) } indexes() ], \@before, 'as they were');
    is(check($crm)->{faults}, 0, 'clean');
};


# without what is empty, which equals an absent key

sub indexes {
    my @keys = @{ $crm->redis('KEYS', '{}*') };
    utf8::decode($_) for @keys;

    return grep { dump_key($_) ne "$_:" }
           grep { /:(?:l|c|count):/ } sort @keys;
}


sub dump_key {
    my ($key) = @_;

    my $type = $crm->redis('TYPE', $key);
    my $value;

    if ($type eq 'zset') {
        $value = join ' ', @{ $crm->redis('ZRANGE', $key, 0, -1,
                                          'WITHSCORES') };
    } elsif ($type eq 'hash') {
        my %hash = @{ $crm->redis('HGETALL', $key) };
        $value = join ' ', map { $hash{$_} ? "$_ $hash{$_}" : () }
                           sort keys %hash;
    } else {
        $value = unpack 'H*', $crm->redis('GET', $key);
        $value =~ s/(?:00)+$//;
    }

    return "$key:$value";
}


subtest 'what is not looked at' => sub {
    $crm->redis('SET', '{}i:abc', 'x', 'PX', 60000);
    $crm->redis('HSET', '{}used:1', 1, 5);
    $crm->redis('SETBIT', '{}l:f:stage:98:0', 3, 0);
    $crm->redis('HSET', '{}l:g:o:98', 'n', 0);

    is(check($crm)->{faults}, 0, 'idempotency, last use, empty leftovers');
};


subtest 'other tenants' => sub {
    my $longer = CRM::Test->tenant(slug => $crm->slug . '-x');
    $longer->post('/leads', { name => 'x' });
    $longer->redis('SET', '{}foo', 'x');

    is(check($crm)->{faults}, 0, 'are none of its business');
    is(check($longer)->{faults}, 1, 'each has its own faults');
    is(check($longer, repair => \1)->{repaired}, 1, 'and its own repair');
};


subtest 'while others write' => sub {
    my $busy = CRM::Test->tenant;
    fill($busy, 300);

    my @checks;
    my $path = '/operator/v1/tenants/' . $busy->slug . '/check';
    my $key  = $busy->server->key;

    for my $turn (1 .. 6) {
        my @answers = $busy->concurrently(
            map({ my $n = $_;
                  ['PATCH', '/leads/' . (1 + ($n * 37 + $turn) % 300),
                   { json => { expected_revenue => $n, name => "N $n" } }] }
                1 .. 40),
            ['POST', $path, { token => $key, json => {} }],
            map({ ['POST', '/leads', { json => { name => "New $_" } }] }
                1 .. 20),
            map({ ['POST', "/leads/" . (10 * $turn + $_) . '/archive',
                   { json => {} }] } 1 .. 8),
        );
        push @checks, grep { ($_->header('Location') // '') =~ /operator/ }
                      @answers;
    }

    is(scalar @checks, 6, 'checks');

    for my $check (@checks) {
        my $result = $busy->wait_job($check)->json->{result};
        is($result->{faults}, 0, 'no false alarm')
            || diag(join "\n", @{ $result->{samples} });
    }

    is(check($busy)->{faults}, 0, 'clean at the end');

    # a repair under way must not break what is written meanwhile
    $busy->redis('DEL', '{}l:s:o1:c');

    my @answers = $busy->concurrently(
        ['POST', $path, { token => $key, json => { repair => \1 } }],
        map({ ['POST', '/leads', { json => { name => "Newer $_" } }] }
            1 .. 60));
    my ($repair) = grep { $_->status == 202 } @answers;

    is($busy->wait_job($repair)->json->{state}, 'done', 'repair has ended');
    is(check($busy, repair => \1)->{state}, undef, 'and once more');
    is(check($busy)->{faults}, 0, 'clean');
};


# more than one window of a sorted set, mended while it is read

subtest 'many members too much' => sub {
    $crm->redis('ZADD', '{}l:s:o1:c',
                map { ($_, sprintf 'x%09d', $_) } 1 .. 1500);
    $crm->redis('SETBIT', '{}l:f:prio:1:0', $_, 1) for 300_000 .. 300_020;

    my $mended = check($crm, repair => \1);

    is($mended->{faults}, 1521, 'found');
    is($mended->{repaired}, 1521, 'mended');
    is(check($crm)->{faults}, 0, 'clean');
};


subtest 'a suspended tenant' => sub {
    my $path = '/tenants/' . $crm->slug;

    $crm->operator('PATCH', $path, { suspended => \1 });
    is(check($crm)->{faults}, 0, 'can be checked');
    $crm->operator('PATCH', $path, { suspended => \0 });
};


subtest 'the body' => sub {
    my $path = '/tenants/' . $crm->slug . '/check';

    $crm->problem_ok($crm->operator('POST', $path, { repair => 'yes' }), 422,
                     'validation', [['repair', 'invalid']]);
    $crm->problem_ok($crm->operator('POST', $path, { fix => \1 }), 422,
                     'validation', [['fix', 'unknown_field']]);
};


done_testing;
