# Writers at the same time, in two workers: nothing is lost, nothing doubled.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

my $crm = CRM::Test->tenant;
my ($new, $qualified, $proposition) = map { $_->{id} }
    @{ $crm->get('/stages')->json->{data} };


sub lead {
    my (%fields) = @_;

    return $crm->post('/leads', { name => 'Lead', %fields })->json->{id};
}


# how many answers of each status, "200: 3, 409: 2"

sub tally {
    my %n;

    $n{ $_->status }++ for @_;

    return join ', ', map { "$_: $n{$_}" } sort keys %n;
}


sub shuffled {
    my @list = @_;

    for my $n (reverse 1 .. $#list) {
        my $m = int rand $n + 1;
        @list[ $n, $m ] = @list[ $m, $n ];
    }

    return @list;
}


my $seed = $ENV{CRM_SEED} // time ^ $$;

srand $seed;
diag("CRM_SEED=$seed") if $ENV{CRM_SEED};


# ---- different fields of one record --------------------------------------

my $tag = $crm->post('/tags', { name => 'Tag' })->json->{id};

my %fields = (
    name => 'Name', contact_name => 'Contact', company_name => 'Company',
    job_title => 'Job', email => 'a@b.example', phone => '123',
    website => 'example.com', street => 'Street', city => 'City',
    region => 'Region', postal_code => '12345', country => 'DE',
    description => "One\nTwo", priority => 2, expected_revenue => 1000,
    recurring_revenue => 10, recurring_months => 12, probability => 55.5,
    expected_close => '2026-11-23', tag_ids => [$tag], source => 'Source',
    medium => 'Medium', campaign => 'Campaign', referred_by => 'Somebody',
    color => 7,
);

for my $round (1 .. 4) {
    my $id = lead();
    my @answers = $crm->concurrently(map {
        [ PATCH => "/leads/$id", { json => { $_ => $fields{$_} } } ]
    } shuffled(keys %fields));

    is(tally(@answers), '200: 25', "round $round: 25 writers of one lead");
    is_deeply(pick($crm->get("/leads/$id")->json, keys %fields), \%fields,
              'none lost its field');
    is_deeply([ sort { $a <=> $b } map { $_->json->{version} } @answers ],
              [ 2 .. 26 ], 'each made a version of its own');
    is_deeply([ sort map { $_->{field} } map { @{ $_->{changes} } }
                @{ $crm->get("/leads/$id/messages")->json->{data} } ],
              [ sort keys %fields, 'probability_mode' ],
              'each change is told once')
        if $round == 1;
}


# ---- the same version ----------------------------------------------------

for my $round (1 .. 5) {
    my $id = lead();
    my @answers = $crm->concurrently(map {
        [ PATCH => "/leads/$id", { json    => { city => "City $_" },
                                   headers => { 'If-Match' => '"1"' } } ]
    } 1 .. 20);

    is(tally(@answers), '200: 1, 412: 19', "If-Match, round $round");

    my ($winner) = grep { $_->status == 200 } @answers;

    is($crm->get("/leads/$id")->json->{city}, $winner->json->{city},
       'what the winner wrote');
}


# ---- a state that can be entered once ------------------------------------

for my $action (qw(won lost)) {
    my $id = lead();

    is(tally($crm->concurrently(([ POST => "/leads/$id/$action" ]) x 12)),
       '200: 1, 409: 11', "$action by twelve");
    is($crm->get("/leads/$id")->json->{version}, 2, 'one change');
}

my $torn = lead();
my @torn = $crm->concurrently(map { [ POST => "/leads/$torn/$_" ] }
                              (qw(won lost restore archive)) x 5);

is((grep { $_->status !~ /^(?:200|409)\z/ } @torn), 0,
   'won, lost, restored and archived at once');


# ---- new records ---------------------------------------------------------

my @made = $crm->concurrently(map {
    [ POST => '/leads', { json => { name => "New $_" } } ]
} 1 .. 100);

is(tally(@made), '201: 100', 'a hundred at once');
is(keys %{ { map { $_->json->{id} => 1 } @made } }, 100,
   'each with an id of its own');
is_deeply([ sort { $a <=> $b } @{ ids($crm->get('/leads', query => {
              id => join(',', map { $_->json->{id} } @made),
              limit => 100 })) } ],
          [ sort { $a <=> $b } map { $_->json->{id} } @made ], 'all there');


# ---- unique values -------------------------------------------------------

my %unique = (
    '/tags'         => [ map { { name => $_ } } ('VIP', 'vip', ' ViP ') x 5 ],
    '/lost-reasons' => [ map { { name => $_ } } ('Zu spät', 'ZU SPAT') x 6 ],
    '/teams'        => [ map { { name => "T$_", alias => 'info' } } 1 .. 12 ],
    '/users'        => [ map { { name => "U$_", role => 'salesperson',
                                 email => 'one@tests.example' } } 1 .. 12 ],
);

for my $path (sort keys %unique) {
    my @bodies  = @{ $unique{$path} };
    my @answers = $crm->concurrently(map { [ POST => $path, { json => $_ } ] }
                                     @bodies);

    is(tally(@answers), '201: 1, 422: ' . (@bodies - 1), "one name: $path");
    is((grep { $_->status == 422 && $_->json->{errors}[0]{code} ne 'taken' }
        @answers), 0, 'the others hear that it is taken');
}

my @leads  = map { lead() } 1 .. 10;
my @lost   = $crm->concurrently(map {
    [ POST => "/leads/$_/lost", { json => { lost_reason => 'Neu' } } ]
} @leads);

is(tally(@lost), '200: 10', 'ten name a new reason');
is(keys %{ { map { $_->json->{lost_reason_id} => 1 } @lost } }, 1,
   'and get the same one');
is((grep { $_->{name} eq 'Neu' && $_->{used} == 10 }
    @{ $crm->get('/lost-reasons')->json->{data} }), 1, 'used ten times');


# ---- moves ---------------------------------------------------------------

my $stage = $crm->post('/stages', { name => 'Race', sequence => 15 })
            ->json->{id};
my @column = map { lead(stage_id => $stage) } 1 .. 12;

sub order {
    return ids($crm->get('/leads', query => {
        stage_id => $stage, sort => 'position', limit => 1000 }));
}

for my $round (1 .. 4) {
    my @answers = $crm->concurrently(map {
        my ($one, $two) = shuffled(@column);
        my $side = rand() < 0.5 ? 'before_id' : 'after_id';
        [ POST => "/leads/$one/move", {
            json => { stage_id => $stage, rand() < 0.2 ? ()
                                          : ($side => $two) } } ]
    } 1 .. 60);

    is(tally(@answers), '200: 60', "60 moves, round $round");
    is_deeply([ sort { $a <=> $b } @{ order() } ],
              [ sort { $a <=> $b } @column ], 'a permutation');
}

# each lead before the same one: all of them end in front of it

my ($rock, @others) = @column;

is(tally($crm->concurrently(map {
       [ POST => "/leads/$_/move", { json => { stage_id => $stage,
                                               before_id => $rock } } ]
   } @others)), '200: 11', 'eleven in front of one');
is(order()->[-1], $rock, 'which is the last');

# between columns

my $restless = lead();
my @stages   = ($new, $qualified, $proposition, $stage);
my @moves    = $crm->concurrently(map {
    [ POST => "/leads/$restless/move", { json => {
        stage_id => $stages[ rand @stages ] } } ]
} 1 .. 40);

is(tally(@moves), '200: 40', 'one lead, four columns');

my @where = grep {
    grep { $_ == $restless } @{ ids($crm->get('/leads', query => {
        stage_id => $_, sort => 'position', limit => 1000 })) }
} @stages;

is_deeply(\@where, [ $crm->get("/leads/$restless")->json->{stage_id} ],
          'it stands in one');

my %count = map { $_->{stage}{id} => $_->{count} }
            @{ $crm->get('/board')->json->{columns} };

is($count{$_}, $crm->get('/leads', query => {
       stage_id => $_, total => 'true', limit => 1 })->json->{total},
   "figures of stage $_") for @stages;


# ---- gone meanwhile ------------------------------------------------------

for my $round (1 .. 5) {
    my $id = lead();
    my @answers = $crm->concurrently(shuffled(
        [ DELETE => "/leads/$id" ],
        (map { [ PATCH => "/leads/$id", { json => { city => "C$_" } } ] }
         1 .. 6),
        (map { [ POST => "/leads/$id/messages", { json => { body => 'x' } } ] }
         1 .. 3),
        (map { [ POST => "/leads/$id/move", { json => {
                   stage_id => $qualified } } ] } 1 .. 3),
    ));

    is((grep { $_->status !~ /^(?:20[014]|404)\z/ } @answers), 0,
       "deleted while others write, round $round") || diag(tally(@answers));
    is($crm->get("/leads/$id")->status, 404, 'it is gone');
    is($crm->redis('EXISTS', "{}lead:$id", "{}lead:$id:m"), 0,
       'with all that it had');
}

# what is being deleted cannot be referred to

for my $round (1 .. 5) {
    my $doomed = $crm->post('/stages', { name => "Doomed $round",
                                         sequence => 70 })->json->{id};
    my ($deleted, @created) = $crm->concurrently(
        [ DELETE => "/stages/$doomed" ],
        map { [ POST => '/leads', { json => { name => 'x',
                                              stage_id => $doomed } } ] }
        1 .. 4,
    );
    my $there = grep { $_->status == 201 } @created;

    ok($deleted->status == 204 ? $there == 0
       : $deleted->status == 409 && $there > 0,
       "a stage deleted, leads created, round $round")
        || diag($deleted->describe, ' ', tally(@created));
}

for my $round (1 .. 5) {
    my $doomed = $crm->post('/contacts', { name => 'Doomed' })->json->{id};
    my ($deleted, @created) = $crm->concurrently(
        [ DELETE => "/contacts/$doomed" ],
        map { [ POST => '/leads', { json => { name => 'x',
                                              contact_id => $doomed } } ] }
        1 .. 4,
    );
    my $there = grep { $_->status == 201 } @created;

    ok($deleted->status == 204 ? $there == 0
       : $deleted->status == 409 && $there > 0,
       "a contact deleted, leads created, round $round")
        || diag($deleted->describe, ' ', tally(@created));
}


# ---- deletions while others write all the time ------------------------------

# what nothing refers to goes, however much is written elsewhere

my @doomed = map { $crm->post('/contacts', { name => 'Doomed' })->json->{id} }
             1 .. 10;
my @tags   = map { $crm->post('/tags', { name => "Doomed $_" })->json->{id} }
             1 .. 10;

my @mixed = $crm->concurrently(map {
    my $n = $_;

    (map { [ POST => '/contacts', { json => { name => "Busy $n.$_" } } ] }
         1 .. 12),
    [ DELETE => "/contacts/$doomed[$n]" ], [ DELETE => "/tags/$tags[$n]" ],
} 0 .. 9);

# the deadline is for processors that a sanitizer does not slow down
is(tally(@mixed), '201: 120, 204: 20', 'none is busy')
    unless CRM::Server->sanitized;


# ---- two admins who get rid of one another -------------------------------

for my $round (1 .. 5) {
    my $other = $crm->user(name => "Rival $round", role => 'admin');
    my ($one, $two) = $crm->concurrently(
        [ PATCH => '/users/' . $other->id,
          { json => { role => 'manager' } } ],
        [ PATCH => '/users/' . $crm->id,
          { json => { role => 'manager' }, token => $other->token } ],
    );

    is((grep { $_->status == 200 } $one, $two), 1,
       "one of two admins is left, round $round")
        || diag($one->describe, ' ', $two->describe);

    $other->patch('/users/' . $crm->id, { role => 'admin' })
        if $two->status == 200;
    $crm->patch('/users/' . $other->id, { active => \0 });
}


# ---- configuration -------------------------------------------------------

my @config = $crm->concurrently(
    map { [ PATCH => '/stages/' . $new, { json => $_ } ] }
    { name => 'Neu' }, { probability => 15 }, { requirements => 'All' },
    { rotting_days => 7 }, { fold => \0 }, { sequence => 11 }
);

is(tally(@config), '200: 6', 'six writers of one stage');
is_deeply(pick($crm->get("/stages/$new")->json,
               qw(name probability requirements rotting_days sequence)),
          { name => 'Neu', probability => 15, requirements => 'All',
            rotting_days => 7, sequence => 11 }, 'none lost its field');

$crm->wait_job("/jobs/$_") for job_ids();
$crm->check_clean;
done_testing;


# a changed probability is carried to the records by a job

sub job_ids {
    return map { 0 + $_ } @{ $crm->redis('ZRANGE', '{}jobs', 0, -1) // [] };
}
