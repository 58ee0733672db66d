# POST /leads/batch: many records in one request, each whole or untouched.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

use Mojo::JSON ();

my $crm  = CRM::Test->tenant;
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my ($new, $qualified) = map { $_->{id} }
                        @{ $crm->get('/stages')->json->{data} };


sub lead {
    my (%fields) = @_;

    return $crm->post('/leads', { name => 'Lead', %fields })->json->{id};
}


sub batch {
    my ($client, @operations) = @_;

    return $client->post('/leads/batch', { operations => \@operations });
}


sub total {
    return $crm->get('/leads', query => { total => 'true', active => 'any',
                                          limit => 1 })->json->{total};
}


# "status code" of each result; with faults "status code field: code"

sub results {
    my ($res) = @_;

    my $json = $res->json;

    return [ $res->describe ] if ref $json ne 'HASH' || !$json->{results};

    return [ map {
        join ' ', $_->{status}, $_->{code} // (),
             map { "$_->{field}: $_->{code}" } @{ $_->{errors} // [] }
    } @{ $json->{results} } ];
}


# ---- mixed ---------------------------------------------------------------

my @old = map { lead(name => "Old $_") } 0 .. 4;

my $res = batch($crm,
    { op => 'create', body => { name => 'A', expected_revenue => 10 } },
    { op => 'update', id => $old[0], body => { city => 'Bonn' } },
    { op => 'delete', id => $old[1] },
    { op => 'create', body => { nme => 'B', priority => 9 } },
    { op => 'update', id => 999_999, body => { city => 'x' } },
    { op => 'update', id => $old[2], if_match => 7, body => { city => 'x' } },
    { op => 'update', id => $old[2], if_match => 1, body => { city => 'y' } },
    { op => 'delete', id => $old[3], if_match => 9 },
    { op => 'delete', id => 999_999 },
    { op => 'create', body => { name => 'C', stage_id => 999_999 } },
    { op => 'update', id => $old[4], body => { city => 'x', state => 'won' } },
    { op => 'create', body => { name => 'د', stage_id => $qualified } },
    { op => 'update', id => $old[0], body => { city => 'Bonn' } },
    { op => 'update', id => $old[0], if_match => '2x', body => {} },
    { op => 'update', id => $old[0], if_match => 'W/"2-1f"', body => {} },
);

$crm->status_ok($res, 200);
is_deeply(results($res), [
    '201', '200', '204',
    '422 validation name: required nme: unknown_field priority: invalid',
    '404 not_found', '412 precondition_failed', '200',
    '412 precondition_failed', '404 not_found',
    '422 validation stage_id: not_found',
    '422 validation state: read_only', '201', '200',
    '422 validation if_match: invalid', '200',
], 'in the order sent') if sort_faults($res);
is_deeply(pick($res->json, qw(succeeded failed)),
          { succeeded => 7, failed => 8 }, 'counted');

my @results = @{ $res->json->{results} };

is_deeply([ map { $_->{id} } @results[ 1, 2, 4, 5, 6, 7, 8, 10, 12 ] ],
          [ @old[ 0, 1 ], 999_999, @old[ 2, 2, 3 ], 999_999, @old[ 4, 0 ] ],
          'ids of what was named');
is_deeply([ map { $_->{version} } @results[ 0, 1, 6, 11, 12 ] ],
          [ 1, 2, 2, 1, 2 ], 'versions');

is_deeply(pick($crm->get("/leads/$results[0]{id}")->json,
               qw(name expected_revenue user_id stage_id state)),
          { name => 'A', expected_revenue => 10, user_id => $crm->id,
            stage_id => $new, state => 'open' }, 'created with its defaults');
is($crm->get("/leads/$results[11]{id}")->json->{stage_id}, $qualified,
   'the last one, too');
is($crm->get("/leads/$old[0]")->json->{city}, 'Bonn', 'updated');
is($crm->get("/leads/$old[1]")->status, 404, 'deleted');
is($crm->get("/leads/$old[2]")->json->{city}, 'y', 'the right version');
is_deeply(pick($crm->get("/leads/$old[3]")->json, qw(version city)),
          { version => 1, city => undef }, 'the wrong one: untouched');
is_deeply(pick($crm->get("/leads/$old[4]")->json, qw(version city state)),
          { version => 1, city => undef, state => 'open' },
          'one fault: all of it untouched');
is(@{ $crm->get("/leads/$old[0]/messages")->json->{data} }, 1,
   'one message for one change');


# ---- one record several times --------------------------------------------

my $twice = lead();

$res = batch($crm,
    (map { { op => 'update', id => $twice, body => { city => "C$_" } } }
     1 .. 5),
    { op => 'update', id => $twice, if_match => 6, body => { region => 'R' } },
    { op => 'delete', id => $twice },
    { op => 'update', id => $twice, body => { city => 'x' } });
is_deeply(results($res), [ (200) x 6, 204, '404 not_found' ],
          'one after another');
is_deeply([ map { $_->{version} } @{ $res->json->{results} }[ 0 .. 5 ] ],
          [ 2 .. 7 ], 'each on top of the one before');


# ---- the whole is malformed ----------------------------------------------

my $before = total();

for my $body ({}, { operations => [] }, { operations => {} },
              { operations => 'x' }, { operations => undef },
              { operations => [ { op => 'create', body => { name => 'x' } } ],
                extra => 1 },
              { operations => [ ({ op => 'create',
                                   body => { name => 'x' } }) x 1001 ] }) {
    my $answer = $crm->post('/leads/batch', $body);

    $crm->problem_ok($answer, 422, 'validation', undef,
                     'refused as a whole: '
                     . substr Mojo::JSON::encode_json($body), 0, 50);
}

$crm->problem_ok($crm->post('/leads/batch', undef, raw => ''), 400,
                 'malformed_json');
$crm->problem_ok($crm->post('/leads/batch', undef, raw => '[]'), 400,
                 'malformed_json');
is(total(), $before, 'nothing was created');

# a fault in an operation is that operation's or the whole one's; never done

for my $operation ({ op => 'upsert', body => { name => 'x' } },
                   { body => { name => 'x' } }, { op => 'create' },
                   { op => 'update', body => { name => 'x' } },
                   { op => 'delete' }, { op => 'update', id => 'x',
                                         body => {} },
                   { op => 'create', body => { name => 'x' }, extra => 1 },
                   { op => 'create', body => [] }, 'create', undef, []) {
    my $name = Mojo::JSON::encode_json([$operation]);

    $res = batch($crm, $operation);
    is($res->status == 200 ? $res->json->{results}[0]{status} : $res->status,
       422, "422: $name") || diag($res->describe);
}

is(total(), $before, 'nothing was created');


# ---- a thousand ----------------------------------------------------------

$res = batch($crm, map { { op => 'create', body => { name => "N$_" } } }
                   1 .. 1000);
$crm->status_ok($res, 200);
is_deeply(pick($res->json, qw(succeeded failed)),
          { succeeded => 1000, failed => 0 }, 'a thousand');

my @ids = map { $_->{id} } @{ $res->json->{results} };

is(keys %{ { map { $_ => 1 } @ids } }, 1000, 'each with an id of its own');
is_deeply([ map { $_->{name} } @{ $crm->get('/leads', query => {
              id => join(',', @ids[ 0, 499, 999 ]), sort => 'id' })
              ->json->{data} } ], [ 'N1', 'N500', 'N1000' ],
          'in the order sent');
is(total(), $before + 1000, 'all are there');
is_deeply([ sort { $a <=> $b } @{ ids($crm->get('/leads', query => {
              stage_id => $new, sort => 'position', limit => 1000 })) } ],
          \@ids, 'on top of the older ones');

$res = batch($crm, map { { op => 'delete', id => $_ } } @ids);
is($res->json->{succeeded}, 1000, 'and gone again');
is(total(), $before, 'all of them');


# ---- rights --------------------------------------------------------------

my $hidden = lead();
my $shared = lead(user_id => undef);

$res = batch($sara,
    { op => 'create', body => { name => 'Mine' } },
    { op => 'update', id => $hidden, body => { city => 'x' } },
    { op => 'update', id => $shared, body => { city => 'Bonn' } },
    { op => 'delete', id => $shared });
is_deeply(results($res),
          [ '201', '404 not_found', '200', '403 forbidden' ],
          'each record by the rights of the caller');
is_deeply(pick($crm->get("/leads/$hidden")->json, qw(version city)),
          { version => 1, city => undef }, 'hidden, untouched');
is($crm->get("/leads/$shared")->json->{city}, 'Bonn', 'visible, changed');

# one that went into another: named as it was asked for, and whoever may not
# see the other learns nothing of it

my $gone = lead();

$crm->post('/leads/merge', { ids => [ $hidden, $gone ] });

for my $case ([ $crm, '409 merged' ], [ $sara, '404 not_found' ]) {
    my ($who, $result) = @$case;

    $res = batch($who, { op => 'update', id => $gone, body => { city => 'x' } });
    is_deeply(results($res), [$result], "merged: $result");
    is($res->json->{results}[0]{id}, $gone, 'its own id');
}


# ---- repeated under a key ------------------------------------------------

my @operations = (
    (map { { op => 'create', body => { name => "Once $_" } } } 1 .. 20),
    { op => 'update', id => $shared, body => { region => 'R' } },
    { op => 'create', body => {} },
);
my %key = (headers => { 'Idempotency-Key' => 'batch-1' });

$before = total();

my $first = $crm->post('/leads/batch', { operations => \@operations }, %key);
my $again = $crm->post('/leads/batch', { operations => \@operations }, %key);

$crm->status_ok($_, 200) for $first, $again;
is_deeply($again->json, $first->json, 'the same answer');
is($again->header('Idempotency-Replayed'), 'true', 'replayed');
is(total(), $before + 20, 'nothing twice');
$crm->problem_ok($crm->post('/leads/batch', { operations => [
                     @operations[ 0, 1 ] ] }, %key), 422,
                 'idempotency_mismatch');

$crm->check_clean;
done_testing;


# faults of one result may come in any order

sub sort_faults {
    my ($answer) = @_;

    for my $result (@{ ref $answer->json eq 'HASH'
                       ? $answer->json->{results} // [] : [] }) {
        $result->{errors} = [ sort { $a->{field} cmp $b->{field} }
                              @{ $result->{errors} } ] if $result->{errors};
    }

    return 1;
}
