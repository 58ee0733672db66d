# GET /board: columns, figures, cards, cursors, ETag, words, rights.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

use Mojo::JSON;
use Time::HiRes qw(sleep);

my $crm = CRM::Test->tenant;
my $me  = $crm->id;

my ($new, $qualified, $proposition, $won) = map { $_->{id} }
    @{ $crm->get('/stages')->json->{data} };

my $sales = $crm->user(name => 'Sara');
my $other = $crm->user(name => 'Omid');
my $team  = $crm->get('/teams')->json->{data}[0]{id};
my $west  = $crm->post('/teams', { name => 'West' })->json->{id};
my $tag   = $crm->post('/tags', { name => 'hot' })->json->{id};


sub lead {
    my (%fields) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', stage_id => $new,
                                     team_id => $team, user_id => undef,
                                     %fields });
    die $res->describe if $res->status != 201;

    return $res->json->{id};
}


sub board {
    my ($client, %query) = @_;

    my $res = $client->get('/board', query => \%query);

    return $res->status == 200 ? $res->json->{columns} : $res->describe;
}


# stage => ids of its cards

sub cards {
    my ($columns) = @_;

    return { map { $_->{stage}{id} => [ map { $_->{id} } @{ $_->{leads} } ] }
             @$columns };
}


sub figures {
    my ($column) = @_;

    return [ @$column{qw(count expected_revenue weighted_revenue)} ];
}


# ---- an empty board -------------------------------------------------------

my $columns = board($crm);

is_deeply([ map { $_->{stage}{name} } @$columns ],
          [ 'New', 'Qualified', 'Proposition', 'Won' ], 'columns in order');
is_deeply($columns->[0],
          { stage => $crm->get("/stages/$new")->json, count => 0,
            expected_revenue => 0, weighted_revenue => 0,
            activity => { overdue => 0, today => 0, planned => 0, none => 0 },
            leads => [], next_cursor => undef },
          'an empty column');


# ---- figures and cards ----------------------------------------------------

my $a = lead(name => 'بهار', expected_revenue => 1005,
             user_id => $sales->id, tag_ids => [$tag], company_name => 'Acme',
             priority => 2, color => 3, expected_close => '2026-05-01');
my $b = lead(name => 'B', expected_revenue => 333, user_id => $other->id);
my $c = lead(name => 'C', team_id => $west);
my $d = lead(name => 'D', stage_id => $won, expected_revenue => 50);
my $e = lead(name => 'E', stage_id => $qualified, expected_revenue => 7,
             probability => 12.5, user_id => $sales->id);
my $lost = lead(name => 'Lost');
$crm->post("/leads/$lost/lost");
my $archived = lead(name => 'Archived');
$crm->post("/leads/$archived/archive");

$columns = board($crm);

is_deeply(cards($columns),
          { $new => [ $c, $b, $a ], $qualified => [$e], $proposition => [],
            $won => [$d] },
          'active open and won records, the newest on top');
is_deeply(figures($columns->[0]), [ 3, 1338, 101 + 33 ],
          'count, revenue, weighted revenue of rounded figures');
is_deeply(figures($columns->[1]), [ 1, 7, 1 ], 'half away from zero');
is_deeply(figures($columns->[3]), [ 1, 50, 50 ], 'won ones count wholly');
is_deeply($columns->[0]{activity},
          { overdue => 0, today => 0, planned => 0, none => 3 }, 'activity');

is_deeply($columns->[0]{leads}[2], {
    id => $a, version => 1, name => 'بهار', type => 'opportunity',
    stage_id => $new, team_id => $team, user_id => $sales->id,
    contact_id => undef, contact_name => undef, company_name => 'Acme',
    expected_revenue => 1005, probability => 10, priority => 2,
    tag_ids => [$tag], color => 3, expected_close => '2026-05-01',
    state => 'open', rotting => Mojo::JSON->false, activity_state => undef,
    next_activity => undef,
}, 'a card');


# ---- filters --------------------------------------------------------------

is_deeply(cards(board($crm, team_id => $west)),
          { $new => [$c], $qualified => [], $proposition => [], $won => [] },
          'of a team');
is_deeply(figures(board($crm, team_id => $team)->[0]), [ 2, 1338, 134 ],
          'its figures');
is_deeply(cards(board($crm, user_id => $sales->id)),
          { $new => [$a], $qualified => [$e], $proposition => [],
            $won => [] }, 'of a user');
is_deeply(cards(board($sales, user_id => 'me')),
          { $new => [$a], $qualified => [$e], $proposition => [],
            $won => [] }, 'user_id=me');
is_deeply(cards(board($crm, user_id => 'none', team_id => $team)),
          { $new => [], $qualified => [], $proposition => [], $won => [$d] },
          'of nobody in a team');
is_deeply(cards(board($crm, limit => 1)),
          { $new => [$c], $qualified => [$e], $proposition => [],
            $won => [$d] }, 'limit');

my $own = $crm->post('/stages', { name => 'West only', team_id => $west,
                                  sequence => 25 })->json->{id};

is_deeply([ map { $_->{stage}{id} } @{ board($crm) } ],
          [ $new, $qualified, $own, $proposition, $won ],
          'all stages without a team');
is_deeply([ map { $_->{stage}{id} } @{ board($crm, team_id => $team) } ],
          [ $new, $qualified, $proposition, $won ],
          'shared stages and the team\'s own');
is_deeply([ map { $_->{stage}{id} } @{ board($crm, team_id => $west) } ],
          [ $new, $qualified, $own, $proposition, $won ], '... in its place');

$crm->patch('/settings', { use_leads => Mojo::JSON->true });
my $l = lead(name => 'L', type => 'lead');

is_deeply(cards(board($crm, type => 'lead'))->{$new}, [$l], 'type=lead');
is_deeply(cards(board($crm))->{$new}, [ $c, $b, $a ],
          'opportunities without it');

for my $query ('type=robot', 'team_id=x', "team_id=$team,$west", 'limit=0',
               'limit=1001', 'q=a', 'user_id=', 'limit=1&limit=2')
{
    $crm->problem_ok($crm->get("/board?$query"), 400, 'invalid_parameter',
                     undef, "$query: 400");
}

my $res = $crm->get('/board?stage_id=1');
$crm->problem_ok($res, 400, 'unknown_parameter');
$res = $crm->get('/board?team=1');
like($res->json->{detail}, qr/"team_id"/, 'names the nearest');


# ---- rights ---------------------------------------------------------------

$columns = board($sales);

is_deeply(cards($columns)->{$new}, [ $c, $a ],
          'a salesperson: own and nobody\'s, in order');
is_deeply(figures($columns->[0]), [ 2, 1005, 101 ], '... and their figures');
is_deeply(cards(board($sales, user_id => $other->id))->{$new}, [],
          'nothing of others');
is_deeply(figures(board($sales, user_id => $other->id)->[0]), [ 0, 0, 0 ],
          '... no figures either');
is_deeply(figures(board($sales, team_id => $team)->[0]), [ 1, 1005, 101 ],
          'own ones of a team');


# ---- moves ----------------------------------------------------------------

$crm->status_ok($crm->post("/leads/$a/move",
                           { stage_id => $new, before_id => $c }), 200);
is_deeply(cards(board($crm))->{$new}, [ $a, $c, $b ], 'moved to the top');
is_deeply(cards(board($sales))->{$new}, [ $a, $c ], '... for everybody');

$crm->post("/leads/$b/move", { stage_id => $proposition });
$columns = board($crm);
is_deeply(cards($columns)->{$new}, [ $a, $c ], 'left its column');
is_deeply(cards($columns)->{$proposition}, [$b], 'entered another');
is_deeply([ map { figures($_) } @$columns ],
          [ [ 2, 1005, 101 ], [ 1, 7, 1 ], [ 0, 0, 0 ], [ 1, 333, 200 ],
            [ 1, 50, 50 ] ],
          'figures follow');


# ---- cursors --------------------------------------------------------------

my @many = map { lead(name => "Many $_", stage_id => $own, team_id => $west,
                      user_id => $_ % 3 ? undef : $other->id) } 1 .. 25;

sub follow {
    my ($client, $stage, $board, %repeat) = @_;

    my ($column) = grep { $_->{stage}{id} == $stage }
                   @{ board($client, %$board) };
    my @ids    = map { $_->{id} } @{ $column->{leads} };
    my $cursor = $column->{next_cursor};

    while ($cursor) {
        my $res = $client->get('/leads', query => {
            stage_id => $stage, sort => 'position', limit => 7, %repeat,
            cursor => $cursor });

        return $res->describe if $res->status != 200;

        push @ids, @{ ids($res) };
        $cursor = $res->json->{next_cursor};
    }

    return \@ids;
}

is_deeply(follow($crm, $own, {}), [ reverse @many ],
          'goes on as GET /leads');
is_deeply(follow($crm, $own, { limit => 5 }, type => 'opportunity'),
          [ reverse @many ], '... with the type repeated');
is_deeply(follow($crm, $own, { limit => 5, team_id => $west,
                               user_id => 'none' }),
          [ grep { ($_ - $many[0] + 1) % 3 } reverse @many ],
          'the cursor knows team and user');
is_deeply(follow($crm, $own, { limit => 5, team_id => $west,
                               user_id => 'none' },
                 team_id => $west, user_id => 'none'),
          [ grep { ($_ - $many[0] + 1) % 3 } reverse @many ],
          '... also repeated');
is_deeply(follow($sales, $own, { limit => 4 }),
          [ grep { ($_ - $many[0] + 1) % 3 } reverse @many ],
          'a salesperson\'s column');
is_deeply(follow($crm, $own, { limit => 2, q => 'many 2' }),
          [ map { $many[$_ - 1] } 25, 24, 23, 22, 21, 20, 2 ],
          'words of one letter narrow as others do');

my ($column) = grep { $_->{stage}{id} == $own } @{ board($crm, limit => 3) };

for my $query ({ team_id => $team }, { type => 'lead' }, { user_id => 'me' },
               { priority => 0 }, { stage_id => $new })
{
    $crm->problem_ok($crm->get('/leads', query => {
                         stage_id => $own, sort => 'position', %$query,
                         cursor => $column->{next_cursor} }),
                     400, 'invalid_cursor', undef,
                     join('=', %$query) . ': another column');
}


# ---- words ----------------------------------------------------------------

$columns = board($crm, q => 'بهار acme');
is_deeply(cards($columns),
          { $new => [$a], $qualified => [], $own => [], $proposition => [],
            $won => [] }, 'q');
is_deeply([ @{ $columns->[0] }{qw(count expected_revenue weighted_revenue
                                  activity)} ],
          [ undef, undef, undef, undef ], 'no figures with q');
is_deeply($columns->[0]{leads}[0], board($crm)->[0]{leads}[0],
          'the same card');
is_deeply(cards(board($sales, q => 'many'))->{$own},
          [ (grep { ($_ - $many[0] + 1) % 3 } reverse @many)[0 .. 16] ],
          'q of a salesperson');


# ---- ETag -----------------------------------------------------------------

$res = $crm->get('/board');
my $etag = $res->header('ETag');
like($etag, qr/^"[0-9a-f-]+"\z/, 'ETag');

sub poll {
    my ($client, $path, $tag) = @_;

    return $client->get($path, headers => {
        'If-None-Match' => $tag // $etag });
}

is(poll($crm, '/board')->status, 304, 'an unchanged poll');
is(poll($crm, '/board')->header('ETag'), $etag, '... with the same tag');
is(poll($crm, '/board', "W/$etag")->status, 304, 'weak comparison');
is(poll($crm, '/board', "\"x\", $etag")->status, 304, 'one of several');
is(poll($crm, '/board?limit=5')->status, 200, 'another query');
is(poll($sales, '/board')->status, 200, 'another viewer');
is(poll($crm, '/board', '"1-2-3"')->status, 200, 'another tag');

$crm->patch("/leads/$a", { priority => 1 });
$res = poll($crm, '/board');
is($res->status, 200, 'after a change');
isnt($res->header('ETag'), $etag, '... another tag');

$etag = $res->header('ETag');
$crm->patch("/stages/$new", { name => 'Neu' });
$res = poll($crm, '/board');
is($res->status, 200, 'after a change of a stage');
is($res->json->{columns}[0]{stage}{name}, 'Neu', '... its name');

is($crm->head('/board')->status, 200, 'HEAD');

$crm->check_clean;

done_testing;
