# The messages of a record: the log of its changes, and notes.

use utf8;
use CRM::Test;
use CRM::Util qw(ids kind_of pick $INSTANT);

my $crm   = CRM::Test->tenant;
my $sara  = $crm->user(name => 'Sara', role => 'salesperson');
my $omid  = $crm->user(name => 'Omid', role => 'salesperson');
my $lead  = $crm->post('/leads', { name => 'Lead' })->json->{id};
my $at    = "/leads/$lead";
my $path  = "$at/messages";


sub messages {
    my ($where) = @_;

    return $crm->get($where // $path)->json->{data};
}


# ---- nothing yet ---------------------------------------------------------

my $res = $crm->get($path);

$crm->status_ok($res, 200);
is_deeply($res->json, { data => [], next_cursor => undef },
          'creation writes none');


# ---- notes ---------------------------------------------------------------

$res = $crm->post($path, { body => "  Rang an.\n\tمشتری خوشحال بود 😀  " });
$crm->status_ok($res, 201);

my $note = $res->json;

is_deeply(pick($note, qw(kind body author_id version changes attachments from
                         to subject message_id quoted_from)),
          { kind => 'note', body => "Rang an.\n\tمشتری خوشحال بود 😀",
            author_id => $crm->id, version => 1, changes => [],
            attachments => [], from => undef, to => undef,
            subject => undef, message_id => undef, quoted_from => undef },
          'a note');
like($note->{$_}, $INSTANT, $_) for qw(created_at updated_at);
cmp_ok($note->{id}, '>=', 1, 'id');
is_deeply(messages(), [$note], 'listed as it was answered');
is($crm->get($at)->json->{version}, 1, 'a message is no new version');

$crm->problem_ok($crm->post($path, $_->[0]), 422, 'validation', $_->[1],
                 $_->[2])
    for [ {}, [[ 'body', 'required' ]], 'no body' ],
        [ { body => undef }, [[ 'body', 'required' ]], 'null' ],
        [ { body => " \n\t " }, [[ 'body', 'required' ]], 'only blanks' ],
        [ { body => 5 }, [[ 'body', 'invalid' ]], 'a number' ],
        [ { body => 'x' x 65_537 }, [[ 'body', 'too_long' ]], 'too long' ],
        [ { body => "a\x01b" }, [[ 'body', 'invalid' ]], 'control' ],
        [ { body => 'x', text => 'y' }, [[ 'text', 'unknown_field' ]],
          'an unknown field' ],
        [ { body => 'x', author_id => $sara->id }, undef, "another's name" ],
        [ { kind => 'email' }, [[ 'kind', 'invalid' ], [ 'body', 'required' ]],
          'a forged mail, without a body' ],
        [ { body => 'x', changes => [] }, undef, 'a forged log' ];
$crm->problem_ok($crm->post($path, undef, raw => ''), 400, 'malformed_json',
                 undef, 'nothing at all');
is(@{ messages() }, 1, 'nothing of it was kept');

$crm->status_ok($crm->post($path, { kind => 'note', body => 'x' x 65_536 }),
                201, '64 KiB');
is(length messages()->[0]{body}, 65_536, 'all of it');

$crm->problem_ok($crm->post('/leads/999999/messages', { body => 'x' }), 404,
                 'not_found');
$crm->problem_ok($crm->get('/leads/999999/messages'), 404, 'not_found');
$crm->problem_ok($crm->req($_, $path), 405, 'method_not_allowed', undef, $_)
    for qw(PUT PATCH DELETE);


# ---- the log -------------------------------------------------------------

my $tag = $crm->post('/tags', { name => 'Tag' })->json->{id};

my %before = (
    name => 'Lead', description => undef, expected_revenue => undef,
    expected_close => undef, tag_ids => [], user_id => $crm->id,
    priority => 0, email => undef, color => undef, source => undef,
);
my %after = (
    name => 'نام تازه', description => "one\n\"two\"", expected_revenue => -5,
    expected_close => '2026-11-23', tag_ids => [$tag], user_id => $sara->id,
    priority => 3, email => 'a@b.example', color => 4, source => 'Fair',
);

$crm->status_ok($crm->patch($at, \%after), 200);

my $log = messages()->[0];

is_deeply(pick($log, qw(kind author_id version)),
          { kind => 'log', author_id => $crm->id, version => 1 }, 'a log');
is_deeply({ map { $_->{field} => [ $_->{old}, $_->{new} ] }
            @{ $log->{changes} } },
          { map { $_ => [ $before{$_}, $after{$_} ] } keys %after },
          'old and new of each field');
is_deeply([ map { join ' ', sort keys %$_ } @{ $log->{changes} } ],
          [ ('field new old') x keys %after ], 'and nothing else');

my %kind = map { $_->{field} => kind_of($_->{new}) } @{ $log->{changes} };

is_deeply(pick(\%kind, qw(name expected_revenue tag_ids priority user_id)),
          { name => 'string', expected_revenue => 'number',
            tag_ids => 'array', priority => 'number', user_id => 'number' },
          'values of their own types');

$crm->patch($at, { map { $_ => $before{$_} } keys %before });
is_deeply({ map { $_->{field} => [ $_->{old}, $_->{new} ] }
            @{ messages()->[0]{changes} } },
          { map { $_ => [ $after{$_}, $before{$_} ] } keys %after },
          'and back');

$crm->patch($at, { user_id => undef });
$sara->patch($at, { city => 'Bonn' });
is(messages()->[0]{author_id}, $sara->id, 'by whom');

my $count = @{ messages() };

$crm->patch($at, { city => 'Bonn' });
$crm->patch($at, { city => 'Berlin' }, headers => { 'If-Match' => '"1"' });
$crm->patch($at, { city => 'x' x 201 });
is(@{ messages() }, $count, 'what changes nothing says nothing');


# ---- newest first, page by page ------------------------------------------

my $many = $crm->post('/leads', { name => 'Many' })->json->{id};
my $list = "/leads/$many/messages";
my @ids;

unshift @ids, $crm->post($list, { body => "Note $_" })->json->{id}
    for 1 .. 125;

$res = $crm->get($list);
is(@{ $res->json->{data} }, 50, '50 without a limit');
is_deeply(ids($res), [ @ids[ 0 .. 49 ] ], 'newest first');

my @late = map { $crm->post($list, { body => "Late $_" })->json->{id} }
           1 .. 3;
my @got = @{ ids($res) };

while (defined(my $cursor = $res->json->{next_cursor})) {
    $res = $crm->get($list, query => { cursor => $cursor });
    last if !$crm->status_ok($res, 200, 'another page') || @got > 200;
    push @got, @{ ids($res) };
}

is_deeply(\@got, \@ids, 'pages do not shift while others come');
is_deeply(ids($crm->get($list, query => { limit => 3 })),
          [ reverse @late ], 'which are first now');
is(@{ $crm->get($list, query => { limit => 1000 })->json->{data} }, 128,
   'all at once');
is($crm->get($list, query => { total => 'true', limit => 1 })
   ->json->{total}, 128, 'total');

# filters have no index: all are looked at

$crm->patch("/leads/$many", { priority => $_ }) for 1, 2, 3;
$crm->post($list, { body => "More $_" }) for 1 .. 99;

for my $query ({ kind => 'log' }, { kind => 'log', sort => 'id' },
               { kind => 'log,email' }, { kind => 'log', limit => 2 })
{
    is($crm->get($list, query => { %$query, total => 'true' })
       ->json->{total}, 3, 'total of a filter: not of all messages');
}

is($crm->get($list, query => { kind => 'note', limit => 1,
                               total => 'true' })->json->{total}, 227,
   '... of more than one page');
is($crm->get($list, query => { kind => 'email', total => 'true' })
   ->json->{total}, 0, '... of none');

$crm->problem_ok($crm->get($list, query => { limit => $_ }), 400,
                 'invalid_parameter', undef, "limit=$_")
    for 0, 1001, -1, 'x', '';
$crm->problem_ok($crm->get($list, query => { cursor => 'nonsense' }), 400,
                 'invalid_cursor');
$crm->problem_ok($crm->get($list, query => { limt => 1 }), 400,
                 'unknown_parameter');


# ---- who may -------------------------------------------------------------

my $own = $sara->post('/leads', { name => 'Own' })->json->{id};

$crm->status_ok($sara->post("/leads/$own/messages", { body => 'Mine' }), 201);
is($sara->get("/leads/$own/messages")->json->{data}[0]{author_id}, $sara->id,
   'by Sara');
$crm->problem_ok($omid->get("/leads/$own/messages"), 404, 'not_found', undef,
                 "another's messages");
$crm->problem_ok($omid->post("/leads/$own/messages", { body => 'x' }), 404,
                 'not_found', undef, "nor notes to them");


# ---- with the record they go ---------------------------------------------

$crm->status_ok($crm->delete("/leads/$many"), 204);
$crm->problem_ok($crm->get($list), 404, 'not_found');
is($crm->redis('EXISTS', "{}lead:$many:m"), 0, 'nothing is left');

# ---- long ones -----------------------------------------------------------

# all pages of a list: how many records each has, and the ids

sub pages {
    my ($where) = @_;

    my (@sizes, %ids, $cursor);

    do {
        my $page = $crm->get($where . (defined $cursor ? "&cursor=$cursor"
                                                       : ''))->json;

        push @sizes, scalar @{ $page->{data} };
        $ids{ $_->{id} }++ for @{ $page->{data} };
        $cursor = $page->{next_cursor};
    } while (defined $cursor && @sizes < 20);

    return \@sizes, scalar keys %ids;
}


my $long = $crm->post('/leads', { name => 'Long' })->json->{id};

$crm->post("/leads/$long/messages", { body => 'x' x 65_536 }) for 1 .. 160;
$crm->post('/leads/batch', { operations => [ map { {
    op => 'create', body => { name => 'Long', source => 'long',
                              description => 'x' x 65_536 }
} } 1 .. 80 ] }) for 1, 2;

for my $where ("/leads/$long/messages?limit=1000",
               "/leads/$long/messages?limit=1000&sort=id",
               '/leads?limit=1000&source=long',
               '/leads?limit=1000&source=long&sort=expected_revenue')
{
    my ($sizes, $n) = pages($where);

    is($n, 160, "$where: all");
    cmp_ok($sizes->[0], '<=', 160 * 2 / 3,
           'a page of so many bytes ends early');
    cmp_ok(scalar @$sizes, '<=', 4, 'but not too early');
}

is(@{ $crm->get("/leads/$long/messages?limit=60")->json->{data} }, 60,
   'what is short enough is whole');

$crm->check_clean;
done_testing;
