# GET /leads: every filter, every order, pages, totals, rights; lists of
# configuration.  What must come out is computed from the records themselves
# by the contract's words.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

use Mojo::JSON;

my $crm = CRM::Test->tenant;
my $me  = $crm->id;

$crm->patch('/settings', { use_leads => Mojo::JSON->true });

my ($new, $qualified, $proposition, $won) = map { $_->{id} }
    @{ $crm->get('/stages')->json->{data} };

my $sales  = $crm->user(name => 'Sara');
my $other  = $crm->user(name => 'Omid');
my $team   = $crm->get('/teams')->json->{data}[0]{id};
my $team2  = $crm->post('/teams', { name => 'West',
                                    member_ids => [$other->id] })->json->{id};
my @tags   = map { $crm->post('/tags', { name => $_ })->json->{id} }
             qw(hot cold);
my $reason = $crm->get('/lost-reasons')->json->{data}[0]{id};
my @contacts = map { $crm->post('/contacts', { name => $_ })->json->{id} }
               qw(Ali Bita);


# ---- forty records of every kind ------------------------------------------

my @names = ('alpha', 'Beta', 'gamma', 'Ångström', 'ورزش', 'بهار', 'alpha');

sub fields {
    my ($n) = @_;

    return {
        name    => $names[$n % @names],
        type    => $n % 5 == 0 ? 'lead' : 'opportunity',
        stage_id => ($new, $qualified, $proposition, $won)[$n % 4],
        team_id => $n % 3 == 0 ? $team2 : $team,
        user_id => (undef, $sales->id, $other->id, $me)[$n % 7 % 4],
        priority => $n % 4,
        ($n % 3 ? (expected_revenue => ($n * 37 % 11) * 1000) : ()),
        ($n % 4 ? (expected_close =>
                       sprintf '2026-%02d-15', 1 + $n * 5 % 12) : ()),
        ($n % 2 ? (tag_ids => [ $n % 6 == 1 ? @tags : $tags[0] ]) : ()),
        ($n % 5 == 1 ? (country => 'IR') : $n % 5 == 2 ? (country => 'DE')
                                                      : ()),
        ($n % 4 == 1 ? (source => 'Web  Site')
            : $n % 4 == 2 ? (source => 'وب') : ()),
        ($n % 6 == 0 ? (contact_id => $contacts[$n % 2]) : ()),
    };
}

for my $n (1 .. 40) {
    my $res = $crm->post('/leads', fields($n));
    die $res->describe if $res->status != 201;
}

for my $n (4, 13, 22, 31) {
    my $res = $crm->post("/leads/$n/lost", { lost_reason_id => $reason });
    $n % 4 == 3 ? is($res->status, 409, 'won') : $crm->status_ok($res, 200)
        if $n != 31;
}

$crm->post("/leads/$_/archive") for 7, 16, 25;

my %lead = map { $_ => $crm->get("/leads/$_")->json } 1 .. 40;
my @all  = map { $lead{$_} } 1 .. 40;


# ids of the leads for which $match holds, in the order of $sort

sub expected {
    my ($match, $sort) = @_;

    $sort //= '-created_at';
    my $sign = $sort =~ s/^-// ? -1 : 1;

    my %key = map { $_->{id} => key($_, $sort) } @all;

    return [
        map  { $_->{id} }
        sort { my ($x, $y) = ($key{$a->{id}}, $key{$b->{id}});
               defined $x && defined $y
               ? $sign * (($sort eq 'name' ? $x cmp $y : $x <=> $y)
                          || $a->{id} <=> $b->{id})
               : defined $x ? -1 : defined $y ? 1
               : $sign * ($a->{id} <=> $b->{id}) }
        grep { $match->() } @all
    ];
}


sub key {
    my ($lead, $sort) = @_;

    my $value = $lead->{$sort};

    return undef if !defined $value;
    return fold($value) if $sort eq 'name';

    $value =~ s/\D//g if $sort =~ /_at$|close/;

    return $value;
}


# enough of the folded form for the names above, as UTF-8 bytes

sub fold {
    my ($text) = @_;

    $text = lc $text;
    $text =~ tr/åö/ao/;
    utf8::encode($text);

    return $text;
}


# every page of a list

sub pages {
    my ($client, $query, $limit) = @_;

    my (@ids, $cursor);
    my $pages = 0;

    do {
        my $res = $client->get('/leads', query => {
            %$query, limit => $limit, $cursor ? (cursor => $cursor) : () });

        return [ $res->describe ] if $res->status != 200 || $pages++ > 200;

        push @ids, @{ ids($res) };
        $cursor = $res->json->{next_cursor};
    } while ($cursor);

    return \@ids;
}


sub active { $_->{active} }


my @sorts = map { ($_, "-$_") }
            qw(id created_at updated_at expected_revenue expected_close
               probability priority name);

for my $sort (@sorts) {
    is_deeply(pages($crm, { sort => $sort }, 50), expected(\&active, $sort),
              "sort=$sort");
    is_deeply(pages($crm, { sort => $sort, active => 'any' }, 7),
              expected(sub { 1 }, $sort), "sort=$sort, pages of 7");
}

is_deeply(pages($crm, {}, 9), expected(\&active), 'newest first');


# ---- filters --------------------------------------------------------------

sub has_tag {
    my ($tag) = @_;

    return scalar grep { $_ == $tag } @{ $_->{tag_ids} };
}


sub is_of {
    my ($field, @values) = @_;

    my $value = $_->{$field};

    return scalar grep { defined $_ ? defined $value && $value eq $_
                                    : !defined $value } @values;
}


my @filters = (
    [ 'type=lead',            sub { active && is_of('type', 'lead') } ],
    [ 'type=lead,opportunity', \&active ],
    [ 'state=open',           sub { active && is_of('state', 'open') } ],
    [ 'state=won',            sub { active && is_of('state', 'won') } ],
    [ 'state=lost',           sub { is_of('state', 'lost') } ],
    [ 'state=won,lost',       sub { is_of('state', 'won', 'lost') } ],
    [ 'state=lost&active=true', sub { 0 } ],
    [ 'active=false',         sub { !active } ],
    [ 'active=any',           sub { 1 } ],
    [ "stage_id=$qualified",  sub { active && is_of('stage_id', $qualified) } ],
    [ "stage_id=$new,$won",   sub { active && is_of('stage_id', $new, $won) } ],
    [ 'stage_id=999',         sub { 0 } ],
    [ 'stage_id=none',        sub { 0 } ],
    [ "team_id=$team2",       sub { active && is_of('team_id', $team2) } ],
    [ "team_id=$team,$team2", \&active ],
    [ 'user_id=me',           sub { active && is_of('user_id', $me) } ],
    [ 'user_id=none',         sub { active && is_of('user_id', undef) } ],
    [ 'user_id=none,me',      sub { active && is_of('user_id', undef, $me) } ],
    [ 'user_id=' . $sales->id,
      sub { active && is_of('user_id', $sales->id) } ],
    [ "contact_id=$contacts[0]",
      sub { active && is_of('contact_id', $contacts[0]) } ],
    [ "contact_id=$contacts[0],$contacts[1]",
      sub { active && defined $_->{contact_id} } ],
    [ 'contact_id=none',      sub { active && is_of('contact_id', undef) } ],
    [ "tag_id=$tags[0]",      sub { active && has_tag($tags[0]) } ],
    [ "tag_id=$tags[1],$tags[0]", sub { active && @{ $_->{tag_ids} } } ],
    [ 'tag_id=none',          sub { active && !@{ $_->{tag_ids} } } ],
    [ 'priority=2',           sub { active && is_of('priority', 2) } ],
    [ 'priority=۰,۳',         sub { active && is_of('priority', 0, 3) } ],
    [ "lost_reason_id=$reason&active=any",
      sub { is_of('lost_reason_id', $reason) } ],
    [ 'lost_reason_id=none&active=any',
      sub { is_of('lost_reason_id', undef) } ],
    [ 'country=IR',           sub { active && is_of('country', 'IR') } ],
    [ 'country=ir,none',      sub { active && is_of('country', 'IR', undef) } ],
    [ 'source=web+site',      sub { active && is_of('source', 'Web  Site') } ],
    [ 'source=وب',            sub { active && is_of('source', 'وب') } ],
    [ 'source=none',          sub { active && is_of('source', undef) } ],
    [ 'activity_state=none',  \&active ],
    [ 'activity_state=overdue,today', sub { 0 } ],
    [ 'rotting=false',        \&active ],
    [ 'rotting=true',         sub { 0 } ],
    [ 'id=1,2,3,99,7',        sub { active && is_of('id', 1, 2, 3, 7) } ],
    [ 'id=۱۲',                sub { active && is_of('id', 12) } ],
    [ 'expected_revenue_from=3000&expected_revenue_to=6000',
      sub { active && defined $_->{expected_revenue}
            && $_->{expected_revenue} >= 3000
            && $_->{expected_revenue} < 6000 } ],
    [ 'expected_close_from=2026-03-15&expected_close_to=2026-08-15',
      sub { active && ($_->{expected_close} // '') ge '2026-03-15'
            && $_->{expected_close} lt '2026-08-15' } ],
    [ 'expected_close_to=۲۰۲۶-۰۵-۰۱',
      sub { active && defined $_->{expected_close}
            && $_->{expected_close} lt '2026-05-01' } ],
    [ "created_at_from=$lead{9}{created_at}&created_at_to="
      . $lead{20}{created_at},
      sub { active && $_->{created_at} ge $lead{9}{created_at}
            && $_->{created_at} lt $lead{20}{created_at} } ],
    [ 'closed_at_from=2020-01-01T00:00:00%2B03:30&active=any',
      sub { defined $_->{closed_at} } ],
    [ "stage_id=$new&priority=0&tag_id=none&type=opportunity",
      sub { active && is_of('stage_id', $new) && is_of('priority', 0)
            && !@{ $_->{tag_ids} } && is_of('type', 'opportunity') } ],
);

for my $filter (@filters) {
    my ($query, $match) = @$filter;
    my $res = $crm->get("/leads?$query&total=true");

    is_deeply(ids($res), expected($match), $query) || diag($res->describe);
    is($res->json->{total} // $res->json->{total_at_least},
       scalar @{ expected($match) }, "$query: total");

    for my $sort ('name', '-expected_revenue', 'expected_close', 'id',
                  '-priority', 'probability')
    {
        my %query = map { split /=/, $_, 2 } split /&/, $query;
        s/\+/ /g, s/%2B/+/ for values %query;

        is_deeply(pages($crm, { %query, sort => $sort }, 4),
                  expected($match, $sort), "$query in the order of $sort");
    }
}


# ---- totals ---------------------------------------------------------------

for my $query ('', 'active=any', 'state=won', 'user_id=me', "tag_id=$tags[0]",
               'sort=name', 'sort=-expected_close', 'sort=next_activity')
{
    my $res = $crm->get("/leads?$query&total=true&limit=1")->json;

    ok(exists $res->{total}, "$query: the total is exact");
}


# ---- what is refused ------------------------------------------------------

for my $query ('stage_id=x', 'stage_id=0', 'stage_id=-1', 'type=robot',
               'state=', 'active=yes', 'priority=4', 'priority=none',
               'expected_close_from=yesterday',
               'created_at_from=2026-01-01', 'expected_revenue_from=1.5',
               'sort=email', 'sort=position', "sort=position&stage_id=$new,$won",
               'sort=--id', 'limit=0', 'limit=x', 'limit=1001', 'q=a', 'q=',
               'fields=nope', 'fields=', 'fields=rank', 'include=nope',
               'total=1', 'rotting=maybe',
               'activity_state=done', 'id=1&id=2', 'user_id=you', 'country=XX',
               'country=Iran')
{
    $crm->problem_ok($crm->get("/leads?$query"), 400, 'invalid_parameter',
                     undef, "$query: 400");
}

my %nearest = (stageid => 'stage_id', tag_ids => 'tag_id', sorts => 'sort',
               user => 'user_id', expected_close => 'expected_close_to',
               'création' => undef, limits => 'limit');

for my $name (sort keys %nearest) {
    my $res = $crm->get("/leads?$name=1");

    $crm->problem_ok($res, 400, 'unknown_parameter', undef, "$name: 400");
    like($res->json->{detail}, qr/"\Q$nearest{$name}\E"/,
         "$name: names the nearest") if $nearest{$name};
}


# ---- views of a record ----------------------------------------------------

is_deeply($crm->get('/leads?id=3&fields=name,priority')->json->{data},
          [{ id => 3, name => $lead{3}{name}, priority => 3 }], 'fields');

is_deeply($crm->get('/leads?id=3')->json->{data}, [$lead{3}],
          'as GET /leads/{id}');

my $res = $crm->get('/leads?id=12,6,3&sort=id&include=contact,user,team,'
                    . 'stage,tags,lost_reason')->json->{data};

is($res->[1]{contact}{name}, 'Ali', 'include=contact');
is($res->[0]{contact}, undef, 'none to include');
is_deeply($res->[0]{stage}, $crm->get("/stages/$res->[0]{stage_id}")->json,
          'include=stage');
is_deeply([ map { $_->{id} } @{ $res->[0]{tags} } ], $res->[0]{tag_ids},
          'include=tags');
is($res->[0]{team}{name}, 'West', 'include=team');
is_deeply([ sort keys %{ $res->[1]{contact} } ],
          [ sort keys %{ $crm->get("/contacts/$contacts[0]")->json } ],
          'the whole contact');


# ---- rights ---------------------------------------------------------------

sub own { $_->{user_id} ? $_->{user_id} == $sales->id : 1 }

for my $sort (@sorts) {
    is_deeply(pages($sales, { sort => $sort, active => 'any' }, 5),
              expected(\&own, $sort), "a salesperson's leads by $sort");
}

for my $filter (@filters) {
    my ($query, $match) = @$filter;

    next if $query =~ /=me|,me/;

    my $expected = expected(sub { own && $match->() });
    my $json = $sales->get("/leads?$query&total=true")->json;

    is_deeply([ map { $_->{id} } @{ $json->{data} } ], $expected,
              "a salesperson asks for $query");
    is($json->{total} // $json->{total_at_least}, scalar @$expected,
       "... and counts");
}

is_deeply(ids($sales->get('/leads?user_id=' . $other->id)), [],
          'nothing of others');
is_deeply(ids($sales->get('/leads?id=1,2,3')),
          expected(sub { own && is_of('id', 1, 2, 3) }), '... by id');

my $include = $sales->get('/leads?include=user&user_id=me&limit=1')->json;
is_deeply($include->{data}[0]{user},
          { id => $sales->id, name => 'Sara', active => Mojo::JSON->true },
          'a user as a picker shows it');


# ---- position -------------------------------------------------------------

sub column {
    my ($client, %query) = @_;

    return pages($client, { stage_id => $new, sort => 'position', %query },
                 3);
}

my @column = @{ expected(sub { active && is_of('stage_id', $new)
                               && is_of('type', 'opportunity') }, '-id') };

is_deeply(column($crm, type => 'opportunity'), \@column,
          'new records are on top of their column');
is_deeply(pages($crm, { stage_id => $new, sort => '-position',
                        type => 'opportunity' }, 4), [ reverse @column ],
          'from below');

$crm->status_ok($crm->post("/leads/$column[3]/move",
                           { stage_id => $new, before_id => $column[1] }),
                200);
splice @column, 1, 0, splice @column, 3, 1;

is_deeply(column($crm, type => 'opportunity'), \@column, 'after a move');
is_deeply(column($crm, type => 'opportunity', team_id => $team2),
          [ grep { $lead{$_}{team_id} == $team2 } @column ], 'of a team');
is_deeply(column($sales, type => 'opportunity'),
          [ grep { my $id = $_; grep { own } $lead{$id} } @column ],
          'of a salesperson');
is_deeply(column($crm, type => 'opportunity', priority => 0),
          [ grep { $lead{$_}{priority} == 0 } @column ], 'with a filter');
is_deeply([ sort { $a <=> $b } @{ column($crm, active => 'any') } ],
          expected(sub { is_of('stage_id', $new) }, 'id'),
          'archived ones come last');


# ---- cursors --------------------------------------------------------------

my $first = $crm->get('/leads?limit=5')->json;

for my $query ({ sort => 'name' }, { active => 'any' }, { priority => 1 },
               { user_id => 'me' })
{
    $crm->problem_ok($crm->get('/leads', query => {
                         %$query, cursor => $first->{next_cursor} }),
                     400, 'invalid_cursor', undef, 'of another query');
}

$crm->problem_ok($sales->get('/leads', query => {
                     cursor => $first->{next_cursor} }),
                 400, 'invalid_cursor', undef, 'of another user');
$crm->problem_ok($crm->get('/leads', query => { cursor => 'AAAA' }), 400,
                 'invalid_cursor', undef, 'a made-up one');

is_deeply(ids($crm->get('/leads', query => {
                  cursor => $first->{next_cursor}, limit => 3,
                  fields => 'id' })),
          [ @{ expected(\&active) }[5 .. 7] ],
          'limit and fields may change between pages');


# ---- lists of configuration -----------------------------------------------

is_deeply([ map { $_->{name} } @{ $crm->get('/stages')->json->{data} } ],
          [ 'New', 'Qualified', 'Proposition', 'Won' ], 'stages in order');
is_deeply(ids($crm->get('/stages?sort=-probability&limit=2')),
          [ $won, $proposition ], 'in another order');
is_deeply(ids($crm->get('/stages?is_won=true')), [$won], 'by a boolean');
is_deeply(ids($crm->get('/stages?team_id=none&total=true')),
          [ $new, $qualified, $proposition, $won ], 'shared ones');
is($crm->get('/stages?total=true&limit=1')->json->{total}, 4, 'total');
is_deeply(ids($crm->get('/tags?name=HOT')), [ $tags[0] ], 'a name, folded');
is_deeply(ids($crm->get("/tags?id=$tags[1],77")), [ $tags[1] ], 'by id');
is_deeply(ids($crm->get('/users?sort=name&role=salesperson')),
          [ $other->id, $sales->id ], 'users by role and name');

$crm->patch('/users/' . $other->id, { active => Mojo::JSON->false });

ok(!(grep { $_ == $other->id } @{ ids($crm->get('/users')) }),
   'an inactive user is not listed');
is_deeply(ids($crm->get('/users?active=false')), [ $other->id ],
          'active=false');
is_deeply(ids($crm->get('/users?active=any')), [ $me, $sales->id, $other->id ],
          'active=any');
is_deeply($sales->get('/users?id=' . $me)->json->{data},
          [ pick($crm->me, qw(id name active)) ],
          'a salesperson sees id, name, active');
$crm->problem_ok($sales->get('/users?email=x'), 400, 'unknown_parameter',
                 undef, '... and cannot ask for more');
$crm->problem_ok($sales->get('/users?sort=role'), 400, 'invalid_parameter');
$crm->problem_ok($sales->get('/users?fields=email'), 400,
                 'invalid_parameter');

my $used = $crm->get("/lost-reasons?id=$reason")->json->{data}[0];
is($used->{used}, scalar @{ expected(sub { is_of('state', 'lost') }) },
   'how often a lost reason is used');

$crm->check_clean;

done_testing;
