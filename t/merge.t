# Merging records into one, what becomes of the others, and the way back.

use utf8;
use CRM::Test;
use CRM::Util qw(ids kind_of pick $INSTANT);

use Mojo::JSON qw(encode_json);
use Time::HiRes qw(sleep);

my $crm  = CRM::Test->tenant;
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my $omid = $crm->user(name => 'Omid', role => 'salesperson');
my $me   = $crm->id;

$crm->status_ok($crm->patch('/settings', { use_leads => \1 }), 200);


sub lead {
    my (%fields) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', %fields });

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


sub read_lead { return $crm->get("/leads/$_[0]")->json }


sub merge {
    my ($ids, %more) = @_;

    my $res = $crm->post('/leads/merge', { ids => $ids, %more });

    $crm->status_ok($res, 200);

    return $res->json;
}


sub messages {
    my ($id, %query) = @_;

    my $res = $crm->get("/leads/$id/messages", query => { limit => 1000,
                                                          %query });
    $crm->status_ok($res, 200);

    return $res->json->{data};
}


sub say_on {
    my ($id, $body) = @_;

    my $res = $crm->post("/leads/$id/messages", { body => $body });

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


sub planned {
    my ($id, %fields) = @_;

    my $res = $crm->post("/leads/$id/activities", { type_id => 4, %fields });

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


# ---- fields --------------------------------------------------------------

my @tags = map { $crm->post('/tags', { name => $_ })->json->{id} } qw(a b c);

my $first = lead(name => 'First', type => 'lead', email => 'first@a.example',
                 city => 'Bonn', tag_ids => [ @tags[0, 1] ], priority => 1,
                 description => 'One', expected_revenue => 0,
                 user_id => undef);
my $second = lead(name => 'Second', email => 'second@a.example',
                  phone => '+49 30 1234567', street => 'Weg 1',
                  city => 'Köln', country => 'DE', tag_ids => [ $tags[2] ],
                  priority => 3, description => 'Two',
                  expected_revenue => 5000, user_id => $sara->id);
my $third = lead(name => 'Third', phone => '0511 7654321',
                 company_name => 'Acme', expected_revenue => 700,
                 description => 'Three', user_id => $omid->id);

my $before = [ map { read_lead($_) } $first, $second, $third ];

my $dry = merge([ $third, $first, $second ], dry_run => \1);

is_deeply([ map { read_lead($_) } $first, $second, $third ], $before,
          'a dry run writes nothing');

my $res = $crm->post('/leads/merge', { ids => [ $third, $first, $second ] });
$crm->status_ok($res, 200);

my $got = $res->json;

is_deeply(pick($got, qw(id name type state active email phone street city
                        country company_name priority description
                        expected_revenue user_id tag_ids version
                        merged_into)),
          { id => $first, name => 'First', type => 'opportunity',
            state => 'open', active => 1, email => 'first@a.example',
            phone => '+49 30 1234567', street => 'Weg 1', city => 'Köln',
            country => 'DE', company_name => 'Acme', priority => 3,
            description => "One\n\nTwo\n\nThree", expected_revenue => 5000,
            user_id => $sara->id, tag_ids => [@tags], version => 2,
            merged_into => undef },
          'the earliest survives and has what the others had');

delete @$_{qw(updated_at assigned_at)} for $dry, $got;
is_deeply($dry, $got, 'the dry run said so');

my $merge_id = $got->{merge_id};
is(kind_of($merge_id), 'number', 'merge_id');

is_deeply(ids($crm->get('/leads')), [$first], 'the others are not listed');
is_deeply(ids($crm->get("/leads?id=$first,$second,$third")), [$first],
          'nor by id');
is_deeply(ids($crm->get('/leads?q=second&active=any')), [], 'nor found');

my $log = messages($first);

is(@$log, 1, 'one message');
is_deeply(pick($log->[0], qw(kind author_id)),
          { kind => 'log', author_id => $me }, 'of the merger');
like($log->[0]{body}, qr/Second \(#$second\)/, 'names the second');
like($log->[0]{body}, qr/Third \(#$third\)/, 'names the third');

my %lost;

$lost{ $_->{lead_id} // 0 }{ $_->{field} } = $_->{old}
    for @{ $log->[0]{changes} };

is_deeply(pick($lost{$second}, qw(name email)),
          { name => 'Second', email => 'second@a.example' },
          'what the second lost');
is_deeply(pick($lost{$third}, qw(name phone expected_revenue user_id)),
          { name => 'Third', phone => '0511 7654321',
            expected_revenue => 700, user_id => $omid->id },
          'what the third lost');
is_deeply(pick($lost{0}, qw(type city priority)),
          { type => 'lead', city => 'Bonn', priority => 1 },
          'what the first lost');


# ---- tombstones ----------------------------------------------------------

$res = $crm->get("/leads/$second");
is($res->status, 301, 'a merged record has moved');
is($res->header('Location'), "/crm/v1/leads/$first", 'to its survivor');

$res = $crm->get("/leads/$second/messages?limit=5");
is($res->status, 301, 'its messages, too');
is($res->header('Location'), "/crm/v1/leads/$first/messages?limit=5",
   'with the query');

is($crm->get("/leads/$second/activities")->status, 301, 'its activities');

is($crm->head("/leads/$second")->status, 301, 'HEAD');

for my $case ([ 'patch', "/leads/$second", { name => 'x' } ],
              [ 'post', "/leads/$second/won", {} ],
              [ 'post', "/leads/$second/messages", { body => 'x' } ],
              [ 'post', "/leads/$second/activities", { type_id => 4 } ],
              [ 'post', "/leads/$second/unmerge", {} ],
              [ 'delete', "/leads/$second" ],
              [ 'post', '/leads/merge', { ids => [ $second, $first ] } ])
{
    my ($method, $path, $body) = @$case;

    $res = $crm->$method($path, $body // ());
    is($res->status, 409, "$method $path");
    is_deeply(pick($res->json, qw(code survivor_id)),
              { code => 'merged', survivor_id => $first }, 'names it');
}

is($omid->get("/leads/$second")->status, 404,
   'not for who may not see the survivor');
is($omid->patch("/leads/$third", { name => 'x' })->status, 404,
   'nor another method');
is($sara->get("/leads/$third")->status, 301, 'for who may');
$crm->problem_ok($crm->patch("/leads/$second", { name => 5 }), 422,
                 'validation', [[ 'name', 'invalid' ]], 'faults come first');

$res = $crm->post('/leads/bulk', { action => 'priority', ids => [$second],
                                   params => { priority => 1 } });
is_deeply($res->json->{results},
          [ { id => $second, status => 409, code => 'merged' } ], 'bulk');


# ---- the way back --------------------------------------------------------

$res = $crm->post("/leads/$first/unmerge", {});
$crm->status_ok($res, 200);

is_deeply(pick($res->json, qw(id merge_id restored_ids)),
          { id => $first, merge_id => $merge_id,
            restored_ids => [ $second, $third ] }, 'unmerge');

my $after = [ map { read_lead($_) } $first, $second, $third ];

delete @$_{qw(version updated_at)} for @$before, @$after;
is_deeply($after, $before, 'all are as they were');
is_deeply([ sort { $a <=> $b } @{ ids($crm->get('/leads')) } ],
          [ $first, $second, $third ], 'and listed');

$crm->problem_ok($crm->post("/leads/$first/unmerge", {}), 409,
                 'not_unmergeable', undef, 'once');
$crm->problem_ok($crm->post("/leads/$first/unmerge",
                            { merge_id => $merge_id }), 409,
                 'not_unmergeable', undef, 'by its id');
$crm->problem_ok($crm->post("/leads/$first/unmerge", { merge_id => 5 }), 422,
                 'validation', [[ 'merge_id', 'not_found' ]],
                 'no merge of it');
$crm->problem_ok($crm->post("/leads/$first/unmerge", { merge => 5 }), 422,
                 'validation', [[ 'merge', 'unknown_field' ]],
                 'unknown field');

# ---- messages and activities ---------------------------------------------

my @four = map { lead(name => "Four $_") } 1 .. 4;
my @said;

# within one millisecond the order would be that of the ids
for my $n (1 .. 12) {
    unshift @said, say_on($four[ $n % 4 ], "message $n");
    sleep 0.002;
}

my @acts = map { planned($_, due_date => '2026-12-24', summary => "on $_") }
           @four;

$crm->status_ok($crm->post("/activities/$acts[1]/done", {}), 200);
$crm->status_ok($crm->post("/activities/$acts[2]/cancel", {}), 200);

my $last = messages($four[1])->[0];

merge([ @four[0, 1] ]);
merge([ @four[2, 3] ]);
$got = merge([ @four[2, 0] ]);

is($got->{next_activity}{id}, $acts[0], 'the next activity of all');
is($crm->get("/leads/$_")->header('Location'), "/crm/v1/leads/$four[0]",
   'one hop') for @four[1 .. 3];

my $all = messages($four[0]);

is_deeply([ map { $_->{id} } grep { $_->{kind} eq 'note' } @$all ], \@said,
          'the notes of all, newest first');
is_deeply([ map { $_->{created_at} } @$all ],
          [ sort { $b cmp $a } map { $_->{created_at} } @$all ],
          'all by time');
is_deeply({ map { ($_->{lead_id} => 1) } @$all }, { $four[0] => 1 },
          'they belong to the survivor');
is_deeply([ map { $_->{quoted_from} } grep { $_->{kind} eq 'note' } @$all ],
          [ map { my $n = 13 - $_; $n % 4 ? $four[ $n % 4 ] : undef }
            1 .. 12 ], 'and name where they came from');
is((grep { $_->{id} == $last->{id} } @$all)[0]{kind}, 'activity',
   'what was completed');

$res = $crm->get("/leads/$four[0]/messages", query => { total => 'true',
                                                        limit => 5 });
is($res->json->{total}, scalar @$all, 'total');

my @paged = @{ $res->json->{data} };

while (my $cursor = $res->json->{next_cursor}) {
    say_on($four[0], 'meanwhile');
    $res = $crm->get("/leads/$four[0]/messages",
                     query => { total => 'true', limit => 5,
                                cursor => $cursor });
    push @paged, @{ $res->json->{data} };
}

is_deeply([ map { $_->{id} } @paged ], [ map { $_->{id} } @$all ],
          'pages stay while messages come');

my $asc = messages($four[0], sort => 'id');

is_deeply([ map { $_->{id} } @$asc ],
          [ map { $_->{id} } reverse @{ messages($four[0]) } ],
          'oldest first');
$res = $crm->get("/leads/$four[0]/messages", query => { sort => 'id',
                                                        limit => 7 });
@paged = @{ $res->json->{data} };

while (my $cursor = $res->json->{next_cursor}) {
    $res = $crm->get("/leads/$four[0]/messages",
                     query => { sort => 'id', limit => 7,
                                cursor => $cursor });
    push @paged, @{ $res->json->{data} };
}

is_deeply([ map { $_->{id} } @paged ], [ map { $_->{id} } @$asc ],
          'in pages');

is_deeply([ sort { $a <=> $b }
            @{ ids($crm->get("/leads/$four[0]/activities?state=overdue,today,"
                             . 'planned,done,cancelled')) } ],
          [@acts], 'open, done and cancelled activities');
is_deeply(pick($crm->get("/activities/$acts[3]")->json,
               qw(lead_id quoted_from version)),
          { lead_id => $four[0], quoted_from => $four[3], version => 3 },
          'an activity names where it came from');
$crm->check_clean;

# the last merge back: the two and two, each with what it had

my $res_done = $crm->post("/activities/$acts[3]/done", {});
$crm->status_ok($res_done, 200);

my $new = planned($four[0], summary => 'new');

$crm->status_ok($crm->post("/leads/$four[0]/unmerge", {}), 200);
is($crm->get("/leads/$four[3]")->header('Location'),
   "/crm/v1/leads/$four[2]", 'its tombstones go with it');
is_deeply(ids($crm->get("/activities?lead_id=$four[2]&state=done,cancelled")),
          [ @acts[2, 3] ], 'and its activities');
is_deeply([ map { $_->{body} } grep { $_->{kind} eq 'note' }
            @{ messages($four[2]) } ],
          [ map { "message $_" } 11, 10, 7, 6, 3, 2 ], 'and its messages');
is_deeply(ids($crm->get("/activities?lead_id=$four[0]")), [ $new, $acts[0] ],
          'what is new stays');

$crm->status_ok($crm->post("/leads/$four[2]/unmerge", {}), 200);
is(read_lead($four[3])->{name}, 'Four 4', 'and one more');
ok(!exists $crm->get("/activities/$acts[3]")->json->{quoted_from},
   'at home it names nothing');
$crm->check_clean;


# ---- orders --------------------------------------------------------------

my @sold = map { lead(name => "Sold $_", user_id => $sara->id) } 1 .. 3;
my @order = map {
    $crm->post('/orders', { lead_id => $_, lines => [
        { description => 'Pump', unit_price => 100 } ] })->json->{id}
} @sold;

merge([ @sold[1, 2] ]);
merge([ @sold[0, 1] ], user_id => $omid->id);
is_deeply([ sort { $a <=> $b } @{ ids($crm->get("/orders?lead_id=$sold[0]")) } ],
          [@order], 'orders move');
is_deeply([ map { $_->{quoted_from} }
            @{ $crm->get("/orders?id=$order[2],$order[1]&sort=id")->json
               ->{data} } ],
          [ @sold[1, 2] ], 'and name where they came from');
is($omid->get("/orders/$order[1]")->status, 200, 'who has the lead sees it');
is($sara->get("/orders/$order[1]")->status, 404, 'and nobody else');
$crm->status_ok($crm->post("/orders/$order[2]/confirm", {}), 200);
$crm->status_ok($crm->post("/leads/$sold[0]/unmerge", {}), 200);
is_deeply(ids($crm->get("/orders?lead_id=$sold[0]")), [ $order[0] ],
          'one stays');
is_deeply([ sort { $a <=> $b } @{ ids($crm->get("/orders?lead_id=$sold[1]")) } ],
          [ @order[1, 2] ], 'two go back');
$crm->check_clean;


# ---- what was changed since ----------------------------------------------

my ($one, $two) = (lead(name => 'One', city => 'Bonn'),
                   lead(name => 'Two', email => 'two@b.example',
                        phone => '0123456789', priority => 2,
                        street => 'Weg 2', city => 'Ulm',
                        expected_revenue => 900));

merge([ $one, $two ]);
$crm->status_ok($crm->patch("/leads/$one", { phone => '0987654321',
                                             source => 'fair' }), 200);
$crm->status_ok($crm->post("/leads/$one/unmerge", {}), 200);
is_deeply(pick(read_lead($one), qw(email phone source priority street city
                                   expected_revenue)),
          { email => undef, phone => '0987654321', source => 'fair',
            priority => 0, street => undef, city => 'Bonn',
            expected_revenue => undef },
          'what was filled goes, what was changed stays');


# ---- states --------------------------------------------------------------

my $lost = lead(name => 'Lost');
my $won  = lead(name => 'Won');
my $open = lead(name => 'Open');

$crm->status_ok($crm->post("/leads/$lost/lost", { lost_reason_id => 2 }), 200);
$crm->status_ok($crm->post("/leads/$won/won", {}), 200);

$got = merge([ $won, $lost ], dry_run => \1);
is_deeply(pick($got, qw(id state active stage_id probability lost_reason_id)),
          { id => $lost, state => 'won', active => 1, stage_id => 4,
            probability => 100, lost_reason_id => undef }, 'won and lost');
is($got->{closed_at}, read_lead($won)->{closed_at}, 'closed when it was won');

$got = merge([ $won, $open ], dry_run => \1);
is_deeply(pick($got, qw(id state active stage_id probability closed_at)),
          { id => $won, state => 'open', active => 1, stage_id => 1,
            probability => 10, closed_at => undef }, 'open and won');

$got = merge([ $won, $lost, $open ]);
is_deeply(pick($got, qw(id state active stage_id probability closed_at
                        lost_reason_id)),
          { id => $lost, state => 'open', active => 1, stage_id => 1,
            probability => 10, closed_at => undef, lost_reason_id => undef },
          'open, won and lost');

$got = $crm->post("/leads/$lost/unmerge", {})->json;
is_deeply(pick($got, qw(state active lost_reason_id)),
          { state => 'lost', active => 0, lost_reason_id => 2 },
          'lost again');

my $archived = lead(name => 'Archived');

$crm->status_ok($crm->post("/leads/$archived/archive"), 200);
is($crm->get("/leads/$archived")->json->{active}, 0, 'archived');
is(merge([ $archived, lead(name => 'Later') ])->{active}, 1,
   'one that is active makes it active');


# ---- given team and user -------------------------------------------------

my $team  = $crm->post('/teams', { name => 'North' })->json->{id};
my $stage = $crm->post('/stages', { name => 'Theirs', sequence => 1,
                                    probability => 5,
                                    team_id => $team })->json->{id};

$got = merge([ lead(stage_id => 3), lead() ], team_id => $team,
             user_id => $omid->id, dry_run => \1);
is_deeply(pick($got, qw(team_id user_id stage_id)),
          { team_id => $team, user_id => $omid->id, stage_id => 3 },
          'a shared stage fits');

my $north = lead(team_id => $team, stage_id => $stage);

$got = merge([ $north, lead() ], team_id => 1, user_id => undef);
is_deeply(pick($got, qw(team_id user_id stage_id assigned_at probability)),
          { team_id => 1, user_id => undef, stage_id => 1,
            assigned_at => undef, probability => 10 },
          "another team's does not; null is nobody");


# ---- refusals ------------------------------------------------------------

my @pair = (lead(), lead());

for my $case ([ {}, 'required', 'none' ],
              [ { ids => [] }, 'required', 'empty' ],
              [ { ids => [ $pair[0] ] }, 'invalid', 'one' ],
              [ { ids => [ @pair, $pair[0] ] }, 'invalid', 'twice' ],
              [ { ids => [ @pair, 999_999 ] }, 'not_found', 'a stranger' ],
              [ { ids => [ map { $_ + 1000 } 1 .. 21 ] }, 'too_long', 'too many' ],
              [ { ids => "$pair[0]" }, 'invalid', 'no list' ],
              [ { ids => [ 1.5, 2 ] }, 'invalid', 'no integers' ])
{
    $crm->problem_ok($crm->post('/leads/merge', $case->[0]), 422,
                     'validation', [[ 'ids', $case->[1] ]], $case->[2]);
}

$crm->problem_ok($crm->post('/leads/merge', { ids => \@pair,
                                              team_id => 77, user_id => 88,
                                              dry_run => 'yes', x => 1 }),
                 422, 'validation',
                 [[ 'dry_run', 'invalid' ], [ 'team_id', 'not_found' ],
                  [ 'user_id', 'not_found' ], [ 'x', 'unknown_field' ]],
                 'all faults');
$crm->problem_ok($crm->req('POST', '/leads/merge',
                           { json => { ids => \@pair },
                             headers => { 'If-Match' => '"7"' } }), 412,
                 'precondition_failed', undef, 'If-Match');
is($crm->get('/leads/merge')->status, 405, 'only POST');


# ---- rights --------------------------------------------------------------

my $saras = lead(user_id => $sara->id);
my $nobodys = lead(user_id => undef);
my $omids = lead(user_id => $omid->id);

$crm->problem_ok($sara->post('/leads/merge', { ids => [ $saras, $omids ] }),
                 404, 'not_found', undef, "another's");
$crm->problem_ok($sara->post('/leads/merge', { ids => [ $saras, 999_999 ] }),
                 404, 'not_found', undef, 'as one that is not there');
$crm->status_ok($sara->post('/leads/merge', { ids => [ $nobodys, $saras ] }),
                200);
is($omid->get("/leads/$saras")->status, 404, 'not for another');
$crm->problem_ok($omid->post("/leads/$saras/unmerge", {}), 404, 'not_found',
                 undef, 'unmerge, too');
$crm->status_ok($sara->post("/leads/$saras/unmerge", {}), 200);


# ---- the same request twice ----------------------------------------------

my @twice = (lead(), lead());
my @key   = (headers => { 'Idempotency-Key' => 'merge-1' });

$res = $crm->req('POST', '/leads/merge',
                           { json => { ids => \@twice }, @key });
$crm->status_ok($res, 200);
my $again = $crm->req('POST', '/leads/merge',
                      { json => { ids => \@twice }, @key });
is($again->header('Idempotency-Replayed'), 'true', 'replayed');
is_deeply($again->json, $res->json, 'the same answer');


# ---- a deleted survivor --------------------------------------------------

$crm->status_ok($crm->delete("/leads/$twice[0]"), 204);
is($crm->get("/leads/$_")->status, 404, 'and its tombstone') for @twice;
$crm->check_clean;


# ---- at once -------------------------------------------------------------

my @many = map { lead(name => "Many $_", email => "m$_\@c.example") } 1 .. 8;

$crm->concurrently(map { [ POST => '/leads/merge', { json => {
                             ids => [ @many[ $_, ($_ + 1) % 8 ] ]
                         } } ] } 0 .. 7);

my %home;

for my $id (@many) {
    my $r = $crm->get("/leads/$id");

    $home{$id} = $r->status == 301
                 ? ($r->header('Location') =~ m{/(\d+)\z})[0] : $id;
    is($crm->get("/leads/$home{$id}")->status, 200, "$id is somewhere");
}

for my $id (@many) {
    my ($n) = grep { $many[ $_ - 1 ] == $id } 1 .. 8;
    my $text = encode_json([ read_lead($home{$id}),
                             messages($home{$id}) ]);

    like($text, qr/m$n\@c\.example/, "so is what $id said");
}

$crm->check_clean;


# ---- what the checker knows ----------------------------------------------

my @bad = map { lead(name => "Bad $_") } 1 .. 4;

merge([ @bad[0, 1] ]);
merge([ @bad[2, 3] ]);

$crm->redis('HSET', "{}lead:$bad[1]", 'merged', $bad[3]);   # a tombstone
$crm->redis('SET', '{}unmerge:424242', 'x');

my $check = $crm->wait_job($crm->operator('POST', '/tenants/' . $crm->slug
                                          . '/check', { repair => \1 }));

cmp_ok($check->json->{result}{faults}, '>=', 2, 'faults are found');
like(join("\n", @{ $check->json->{result}{samples} }),
     qr/lead $bad[1] is merged into $bad[3], which is merged itself/,
     'a chain');
like(join("\n", @{ $check->json->{result}{samples} }),
     qr/unmerge:424242 belongs to no merge/, 'what belongs to nothing');
is($crm->get("/leads/$bad[1]")->header('Location'),
   "/crm/v1/leads/$bad[2]", 'mended: to the end of the chain');

$crm->check_clean;
done_testing;
