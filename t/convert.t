# From leads to opportunities: the proposal, the conversion, the customer.

use utf8;
use CRM::Test;
use CRM::Util qw(ids kind_of pick $INSTANT);

my $crm  = CRM::Test->tenant;
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my $omid = $crm->user(name => 'Omid', role => 'salesperson');
my $me   = $crm->id;

$crm->status_ok($crm->patch('/settings', { use_leads => \1 }), 200);


sub lead {
    my (%fields) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', type => 'lead',
                                     %fields });

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


sub contact {
    my (%fields) = @_;

    my $res = $crm->post('/contacts', \%fields);

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


sub convert {
    my ($id, %body) = @_;

    my $res = $crm->post("/leads/$id/convert", \%body);

    $crm->status_ok($res, 200);

    return $res->json;
}


sub proposal {
    my ($id) = @_;

    my $res = $crm->get("/leads/$id/conversion");

    $crm->status_ok($res, 200);

    return $res->json;
}


sub contacts { return $crm->get('/contacts?total=true')->json->{total} }


# ---- the proposal --------------------------------------------------------

my $bare = lead(name => 'Bare');

is_deeply(proposal($bare),
          { action => 'convert', duplicates => [],
            customer => { action => 'none', contact_id => undef },
            team_id => 1, user_id => $me }, 'nothing known');

my $acme = contact(name => 'Acme', kind => 'company', city => 'Bonn');
my $ada  = contact(name => 'Ada', parent_id => $acme,
                   email => 'ada@acme.example', phone => '+49 30 1234567');

is_deeply(proposal(lead(email => 'ADA@acme.example'))->{customer},
          { action => 'link', contact_id => $ada }, 'by e-mail');
is_deeply(proposal(lead(phone => '030 1234567'))->{customer},
          { action => 'link', contact_id => $ada }, 'by phone');
is_deeply(proposal(lead(contact_name => 'ada', company_name => 'ACME'))
          ->{customer},
          { action => 'link', contact_id => $ada },
          'by name within the company');
is_deeply(proposal(lead(company_name => 'acme'))->{customer},
          { action => 'link', contact_id => $acme }, 'the company');
is_deeply(proposal(lead(contact_id => $ada))->{customer},
          { action => 'link', contact_id => $ada }, 'the one that it has');
is_deeply(proposal(lead(contact_name => 'Eve'))->{customer},
          { action => 'create', contact_id => undef }, 'a new one');

my $twin = lead(name => 'Twin', email => 'twin@b.example');
my $copy = lead(name => 'Copy', email => 'Twin@b.example',
                user_id => $omid->id);

my $got = proposal($copy);

is($got->{action}, 'merge', 'merge');
is_deeply([ map { $_->{lead}{id} } @{ $got->{duplicates} } ], [$twin],
          'with the duplicate');
is_deeply(pick($got->{duplicates}[0], qw(confidence)), { confidence => 95 },
          'and how sure that is');
is_deeply(pick($got->{duplicates}[0]{matched}[0], qw(field key)),
          { field => 'email', key => 'twin@b.example' }, 'and why');

$crm->problem_ok($sara->get("/leads/$copy/conversion"), 404, 'not_found',
                 undef, "another's");
$crm->problem_ok($crm->get("/leads/$copy/conversion?x=1"), 400,
                 'unknown_parameter', undef, 'a parameter');


# ---- convert -------------------------------------------------------------

my $before = contacts();

$got = convert($bare, action => 'convert', customer => { action => 'none' });
is_deeply(pick($got, qw(id type state active stage_id team_id user_id
                        contact_id version)),
          { id => $bare, type => 'opportunity', state => 'open', active => 1,
            stage_id => 1, team_id => 1, user_id => $me,
            contact_id => undef, version => 2 }, 'converted');
like($got->{converted_at}, $INSTANT, 'converted_at');
is(contacts(), $before, 'without a customer');
is($crm->get("/leads/$bare/messages")->json->{data}[0]{kind}, 'log',
   'a message');
$crm->problem_ok($crm->post("/leads/$bare/convert", {}), 409,
                 'not_convertible', undef, 'once');
$crm->problem_ok($crm->get("/leads/$bare/conversion"), 409,
                 'not_convertible', undef, 'nothing to propose');

my $eve = lead(contact_name => 'Eve', company_name => 'Evil  Corp',
               email => 'eve@evil.example', phone => '0511 998877',
               city => 'Ulm', website => 'evil.example', job_title => 'CEO',
               user_id => $sara->id, stage_id => 2);

$got = convert($eve, customer => { action => 'create' });
is_deeply(pick($got, qw(stage_id user_id)), { stage_id => 2,
                                              user_id => $sara->id },
          'it keeps its stage and user');

my $person  = $crm->get("/contacts/$got->{contact_id}")->json;
my $company = $crm->get("/contacts/$person->{parent_id}")->json;

is_deeply(pick($person, qw(name kind email phone job_title city user_id)),
          { name => 'Eve', kind => 'person', email => 'eve@evil.example',
            phone => '0511 998877', job_title => 'CEO', city => 'Ulm',
            user_id => $sara->id }, 'the person');
is_deeply(pick($company, qw(name kind website city email)),
          { name => 'Evil  Corp', kind => 'company',
            website => 'evil.example', city => 'Ulm', email => undef },
          'below the company');

$before = contacts();
$got = convert(lead(email => '"a@b"@evil.example', company_name => 'EVIL corp'),
               customer => { action => 'create' });
is($crm->get("/contacts/$got->{contact_id}")->json->{parent_id},
   $company->{id}, 'the company is reused by its folded name');
is($got->{contact_name}, '"a@b"', 'the name in front of the e-mail');
is(contacts(), $before + 1, 'one more contact');

$got = convert(lead(company_name => 'Evil Corp'),
               customer => { action => 'create' });
is($got->{contact_id}, $company->{id}, 'no person: the company itself');

$got = convert(lead(company_name => 'New', phone => '0511 5'),
               customer => { action => 'create' });
is_deeply(pick($crm->get("/contacts/$got->{contact_id}")->json,
               qw(name kind phone)),
          { name => 'New', kind => 'company', phone => '0511 5' },
          'a new one');

$got = convert(lead(name => 'Link'), customer => { action => 'link',
                                                   contact_id => $ada });
is_deeply(pick($got, qw(contact_id contact_name company_name email city)),
          { contact_id => $ada, contact_name => 'Ada',
            company_name => 'Acme', email => 'ada@acme.example',
            city => undef }, 'linked, and filled');

$got = convert(lead(email => 'ada@acme.example'),
               customer => { action => 'link' });
is($got->{contact_id}, $ada, 'linked to what matches');

$before = contacts();
$got = convert(lead(contact_id => $ada, contact_name => 'Other'),
               customer => { action => 'create' });
is($got->{contact_id}, $ada, 'a contact that is there stays');
$got = convert(lead(contact_id => $ada), customer => { action => 'none' });
is($got->{contact_id}, $ada, 'also with none');
is(contacts(), $before, 'no second one');

is(convert(lead(email => 'ada@acme.example'))->{contact_id}, $ada,
   'without a word: as proposed');
is(convert(lead(contact_name => 'Zoe'))->{contact_name}, 'Zoe',
   'or created');
is(contacts(), $before + 1, 'one');


# ---- team, user, stage ---------------------------------------------------

my $north = $crm->post('/teams', { name => 'North' })->json->{id};
my $stage = $crm->post('/stages', { name => 'Theirs', sequence => 1,
                                    team_id => $north })->json->{id};

my $given = lead(stage_id => 3);
my $act   = $crm->post("/leads/$given/activities", { type_id => 4 })
            ->json->{id};
my $order = $crm->post('/orders', { lead_id => $given, lines => [
    { description => 'x', unit_price => 1 } ] })->json->{id};

$got = convert($given, team_id => $north, user_id => $omid->id);
is_deeply(pick($got, qw(team_id user_id stage_id)),
          { team_id => $north, user_id => $omid->id, stage_id => 3 },
          'given');
is($omid->get("/activities/$act")->status, 200, 'its activities know');
is($omid->get("/orders/$order")->status, 200, 'its orders, too');
$got = convert(lead(team_id => $north, stage_id => $stage), team_id => 1,
               user_id => undef);
is_deeply(pick($got, qw(team_id user_id stage_id assigned_at)),
          { team_id => 1, user_id => undef, stage_id => 1,
            assigned_at => undef }, 'the first stage where it does not fit');
$crm->check_clean;


# ---- merge ---------------------------------------------------------------

$got = convert($copy, action => 'merge', duplicate_ids => [$twin],
               customer => { action => 'create' });
is_deeply(pick($got, qw(id name type state email contact_name user_id)),
          { id => $twin, name => 'Twin', type => 'opportunity',
            state => 'open', email => 'twin@b.example',
            contact_name => 'twin', user_id => $me }, 'merged first');
is(kind_of($got->{merge_id}), 'number', 'merge_id');
is($crm->get("/leads/$copy")->header('Location'), "/crm/v1/leads/$twin",
   'the other is a tombstone');
is(@{ $crm->get("/leads/$twin/messages")->json->{data} }, 2,
   'a message of each');
$crm->status_ok($crm->post("/leads/$twin/unmerge", {}), 200);
is_deeply(pick($crm->get("/leads/$copy")->json, qw(type email merged_into)),
          { type => 'lead', email => 'Twin@b.example', merged_into => undef },
          'and comes back as it was');
is($crm->get("/leads/$twin")->json->{type}, 'opportunity',
   'what was converted stays so');

my $lost = lead(name => 'Lost', email => 'late@c.example');
$crm->status_ok($crm->post("/leads/$lost/lost", { lost_reason_id => 1 }), 200);
my $late = lead(name => 'Late', email => 'late@c.example');

$got = convert($late, action => 'merge', customer => { action => 'none' });
is_deeply(pick($got, qw(id type state active lost_reason_id probability)),
          { id => $lost, type => 'opportunity', state => 'open', active => 1,
            lost_reason_id => undef, probability => 10 },
          'a lost one is revived; duplicates as proposed');
$crm->check_clean;


# ---- refusals ------------------------------------------------------------

my $id = lead();

for my $case ([ { action => 'x' }, [[ 'action', 'invalid' ]] ],
              [ { customer => 5 }, [[ 'customer', 'invalid' ]] ],
              [ { customer => { action => 'x', y => 1 } },
                [[ 'customer.action', 'invalid' ],
                 [ 'customer.y', 'unknown_field' ]] ],
              [ { customer => { action => 'link', contact_id => 999_999 } },
                [[ 'customer.contact_id', 'not_found' ]] ],
              [ { customer => { action => 'link' } },
                [[ 'customer.contact_id', 'required' ]] ],
              [ { customer => { action => 'create' } },
                [[ 'customer.action', 'invalid' ]] ],
              [ { action => 'merge', duplicate_ids => [] },
                [[ 'duplicate_ids', 'required' ]] ],
              [ { action => 'merge' }, [[ 'duplicate_ids', 'required' ]] ],
              [ { action => 'merge', duplicate_ids => [999_999] },
                [[ 'duplicate_ids', 'not_found' ]] ],
              [ { team_id => 77, user_id => 88, z => 1 },
                [[ 'team_id', 'not_found' ], [ 'user_id', 'not_found' ],
                 [ 'z', 'unknown_field' ]] ])
{
    $crm->problem_ok($crm->post("/leads/$id/convert", $case->[0]), 422,
                     'validation', $case->[1], $case->[1][0][0]);
}

$crm->problem_ok($crm->req('POST', "/leads/$id/convert",
                           { headers => { 'If-Match' => '"9"' } }), 412,
                 'precondition_failed', undef, 'If-Match');
$crm->problem_ok($crm->post('/leads/999999/convert', {}), 404, 'not_found',
                 undef, 'none');
$crm->problem_ok($sara->post("/leads/$id/convert", {}), 404, 'not_found',
                 undef, "another's");

my $saras = lead(user_id => $sara->id);

$crm->problem_ok($sara->post("/leads/$saras/convert",
                             { action => 'merge', duplicate_ids => [$id] }),
                 404, 'not_found', undef, "a duplicate that is another's");

for my $case ([ 'lost', 'lost' ], [ 'archive', 'archived' ]) {
    my $gone = lead();

    $crm->status_ok($crm->post("/leads/$gone/$case->[0]", {}), 200);
    $crm->problem_ok($crm->post("/leads/$gone/convert", {}), 409,
                     'not_convertible', undef, $case->[1]);
}


# ---- twice, at once ------------------------------------------------------

my $twice = lead(contact_name => 'Once', company_name => 'Onetime');
my @same  = map { [ POST => "/leads/$twice/convert",
                    { json => { customer => { action => 'create' } },
                      headers => { 'Idempotency-Key' => 'once' } } ] } 1 .. 4;

$before = contacts();

my @answers = $crm->concurrently(@same);

is_deeply({ map { $_->status => 1 } grep { $_->status != 409 } @answers },
          { 200 => 1 }, 'the same request');
is(contacts(), $before + 2, 'converts once');

$twice = lead(contact_name => 'Race', company_name => 'Racers');
@answers = $crm->concurrently(map {
    [ POST => "/leads/$twice/convert",
      { json => { customer => { action => 'create' } } } ]
} 1 .. 6);
is_deeply([ sort map { $_->status } @answers ], [ 200, (409) x 5 ],
          'two that race');
is(contacts(), $before + 4, 'convert once');

my @race = map { lead(contact_name => 'Mia', company_name => 'Mighty',
                      email => 'mia@mighty.example') } 1 .. 6;

@answers = $crm->concurrently(map { [ POST => "/leads/$_/convert",
                                      { json => {} } ] } @race);
is_deeply([ map { $_->status } @answers ], [ (200) x 6 ], 'six leads of one');
is(keys %{ { map { $_->json->{contact_id} => 1 } @answers } }, 1,
   'get one customer');
is(contacts(), $before + 6, 'made once');

$crm->check_clean;


# ---- in bulk -------------------------------------------------------------

sub bulk {
    my ($who, $ids, %params) = @_;

    my $res = $who->post('/leads/bulk', { action => 'convert', ids => $ids,
                                          params => \%params });
    $crm->status_ok($res, 200);

    return $res->json;
}


sub field { my ($name, @of) = @_;
            return [ map { $crm->get("/leads/$_")->json->{$name} } @of ] }


my @free  = map { lead(name => "Free $_", contact_name => "Free $_",
                       company_name => 'Freedom', user_id => undef) } 1 .. 4;
my $taken = lead(name => 'Taken', user_id => $me);

$before = contacts();
$got = bulk($crm, [ @free[ 0, 1 ], $taken, @free[ 2, 3 ], 999_999, $bare ],
            user_ids => [ $sara->id, $omid->id ], team_id => $north);
is_deeply([ map { [ $_->{status}, $_->{code} ] } @{ $got->{results} } ],
          [ ([ 200, undef ]) x 5, [ 404, 'not_found' ],
            [ 409, 'not_convertible' ] ], 'each by itself');
is_deeply(pick($got, qw(succeeded failed)), { succeeded => 5, failed => 2 },
          'counted');
is_deeply(field('user_id', @free, $taken),
          [ ($sara->id, $omid->id) x 2, $me ],
          'by turns, those with a user keep it');
is_deeply(field('team_id', @free, $taken), [ ($north) x 5 ], 'the team');
is_deeply(field('type', @free), [ ('opportunity') x 4 ], 'converted');
is(contacts(), $before + 5, 'four people of one company');
is($crm->get("/leads/$free[0]/messages")->json->{data}[0]{job_id},
   $got->{job_id}, 'the message names the job');
$crm->problem_ok($crm->post("/jobs/$got->{job_id}/undo", {}), 409,
                 'not_undoable', undef, 'cannot be undone');

my @forced = map { lead(user_id => $me) } 1 .. 3;

bulk($crm, \@forced, user_ids => [ $omid->id, $sara->id ], force => \1,
     customer => 'none');
is_deeply(field('user_id', @forced), [ $omid->id, $sara->id, $omid->id ],
          'forced');
is_deeply(field('contact_id', @forced), [ (undef) x 3 ], 'no customer');

# merged first: what one of them had is what it has

for my $case ([ [ undef, $sara->id ], 0, $sara->id ],
              [ [ $sara->id, undef ], 0, $sara->id ],
              [ [ undef, $sara->id ], 1, $omid->id ],
              [ [ undef, undef ], 0, $omid->id ])
{
    my ($users, $force, $user) = @$case;
    my @both = map { lead(user_id => $_, email => 'both@both.example') }
               @$users;

    bulk($crm, [ reverse @both ], dedupe => \1, user_ids => [ $omid->id ],
         ($force ? (force => \1) : ()));
    is_deeply(field('user_id', $both[0]), [$user],
              'merged: ' . ($force ? 'forced' : 'who had it, or whose turn'));
    $crm->delete("/leads/$both[0]");
}

# whatever the order, and however many

for my $order ([ 0, 1, 2 ], [ 2, 1, 0 ], [ 1, 0, 2 ], [ 0, 2, 1 ]) {
    my @chain = map { lead(user_id => undef, %$_) }
                { email => 'chain@chain.example' },
                { email => 'chain@chain.example', phone => '030 5556661' },
                { phone => '030 5556661' };

    $got = bulk($crm, [ @chain[@$order] ], dedupe => \1, force => \1,
                user_ids => [ $sara->id, $omid->id ]);
    is($got->{succeeded}, 3, "@$order: all are done");
    is($crm->get("/leads/$_")->header('Location'), "/crm/v1/leads/$chain[0]",
       'merged into the first') for @chain[ 1, 2 ];
    is_deeply(field('user_id', $chain[0]), [ $sara->id ], 'one turn');
    $crm->delete("/leads/$chain[0]");
}

my @heap = map { lead(email => 'heap@heap.example', user_id => undef) }
           1 .. 25;

$got = bulk($crm, \@heap, dedupe => \1);
is($got->{succeeded}, 25, 'more than one merge takes');
is($crm->get("/leads/$_")->header('Location'), "/crm/v1/leads/$heap[0]",
   'into one') for @heap[ 1, 20, 24 ];
$crm->delete("/leads/$heap[0]");

my @dup   = map { lead(name => "Dup $_", email => 'dup@d.example') } 1 .. 3;
my $other = lead(name => 'Not meant', email => 'dup@d.example');
my $alone = lead(name => 'Alone');

$got = bulk($crm, [ @dup[ 2, 0, 1 ], $alone ], dedupe => \1);
is_deeply($got->{results}, [ map { { id => $_, status => 200,
                                     code => undef } } @dup[ 2, 0, 1 ],
                             $alone ], 'all are done');
is_deeply(pick($crm->get("/leads/$dup[0]")->json, qw(type merged_into)),
          { type => 'opportunity', merged_into => undef }, 'one is left');
is($crm->get("/leads/$_")->status, 301, 'merged') for @dup[ 1, 2 ];
is($crm->get("/leads/$other")->json->{type}, 'lead', 'what is not meant stays');

is_deeply([ map { $_->{status} }
            @{ bulk($sara, [ lead(user_id => $omid->id),
                             lead(user_id => $sara->id) ])->{results} } ],
          [ 404, 200 ], 'rights');

# the same again, after a crash has lost what came of the whole

my @again = map { lead(contact_name => "Again $_") } 1 .. 3;
my @dups  = map { lead(email => 'again@d.example') } 1 .. 3;

push @again, @dups[ 2, 0, 1 ];

my @body  = (json => { action => 'convert', ids => \@again,
                       params => { dedupe => \1 } },
             headers => { 'Idempotency-Key' => 'again' });

$before = contacts();
$crm->status_ok($crm->req('POST', '/leads/bulk', { @body }), 200);
$crm->redis('DEL', $_)
    for grep { !/:\d+\z/ } @{ $crm->redis('KEYS', '{}i:*') };

my $once_more = $crm->req('POST', '/leads/bulk', { @body });

is($once_more->header('Idempotency-Replayed'), undef, 'done again');
is_deeply($once_more->json->{results},
          [ map { { id => $_, status => 200, code => undef } } @again ],
          'with the same results');
is(contacts(), $before + 4, 'and nothing twice');

for my $case ([ { customer => 'create' }, 'customer' ],
              [ { user_ids => [999] }, 'user_ids' ],
              [ { team_id => 999 }, 'team_id' ],
              [ { dedupe => 'yes' }, 'dedupe' ],
              [ { force => 1 }, 'force' ],
              [ { x => 1 }, 'x' ])
{
    is($crm->post('/leads/bulk', { action => 'convert', ids => [1],
                                   params => $case->[0] })->status, 422,
       $case->[1]);
}

$crm->check_clean;


# ---- as a job ------------------------------------------------------------

my @ops = map { { op => 'create', body => {
    name => "Job $_", type => 'lead', source => 'fair', user_id => undef,
    email => 'j' . int($_ / 2) . '@jobs.example' } } } 1 .. 1100;

$crm->status_ok($crm->post('/leads/batch', { operations => [ @ops[0 .. 999] ] }),
                200);
$crm->status_ok($crm->post('/leads/batch',
                           { operations => [ @ops[1000 .. 1099] ] }), 200);

$before = contacts();

my $res = $crm->post('/leads/bulk', {
    action => 'convert', filter => { source => 'fair' },
    params => { dedupe => \1, user_ids => [ $sara->id, $omid->id ] },
});
$crm->status_ok($res, 202);

my $job = $crm->wait_job($res)->json;

is_deeply(pick($job, qw(state total done failed)),
          { state => 'done', total => 1100, done => 1100, failed => 0 },
          'over a filter');

my $rest = $crm->get('/leads?source=fair&total=true&limit=1000')->json;

is($rest->{total}, 551, 'two by two');
is_deeply({ map { ($_->{type} => 1) } @{ $rest->{data} } },
          { opportunity => 1 }, 'all converted');
is(contacts(), $before + 551, 'a customer each');

my %n;
$n{ $_->{user_id} }++ for @{ $rest->{data} };
is_deeply(\%n, { $sara->id => 276, $omid->id => 275 }, 'by turns');

# a worker that died before it could note what it had done

$crm->redis('HDEL', "{}job:$job->{id}", qw(cursor finished result));
$crm->redis('HSET', "{}job:$job->{id}", state => 'running', done => 0);
$crm->server->redis('ZADD', '{crm:registry}:queue', 1,
                    $crm->slug . ":$job->{id}");

is_deeply(pick($crm->wait_job($res)->json, qw(state total done failed)),
          { state => 'done', total => 1100, done => 1100, failed => 0 },
          'begun again: all that it merged is done');
is(contacts(), $before + 551, 'and nothing twice');

$crm->check_clean;
done_testing;
