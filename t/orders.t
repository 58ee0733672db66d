# Orders: creation with its defaults, totals, states, lines, rights, the lead
# they belong to, deletions, the list.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick $INSTANT);

my $crm = CRM::Test->tenant;
my $me  = $crm->id;

my ($true, $false) = (Mojo::JSON->true, Mojo::JSON->false);

my @line = (description => 'Work', unit_price => 1000);


sub order {
    my (%fields) = @_;

    my $res = $crm->post('/orders', { lines => [{ @line }], %fields });
    die $res->describe if $res->status != 201;

    return $res->json;
}


sub lead {
    my (%fields) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', %fields });
    die $res->describe if $res->status != 201;

    return $res->json;
}


sub list { return ids($crm->get('/orders', query => {@_})) }


# what each state makes of an action
sub act {
    my ($id, $action) = @_;

    return $crm->post("/orders/$id/$action", {});
}


# ---- one ------------------------------------------------------------------

my $sales   = $crm->user;
my $other   = $crm->user;
my $manager = $crm->user(role => 'manager');
my $team    = $crm->get('/teams')->json->{data}[0]{id};
my $acme    = $crm->post('/contacts', { name => 'Acme' })->json->{id};

my $res = $crm->post('/orders', { lines => [
    { description => " Two\nlines ", quantity => 2.5, unit_price => 333,
      discount => 12.5 },
    { description => 'Less', unit_price => -100 },
] });
$crm->status_ok($res, 201);
is($res->header('Location'), '/crm/v1/orders/1', 'Location');
like($res->header('ETag'), qr/^"1-/, 'ETag');

my $first = $res->json;
like($first->{created_at}, $INSTANT, 'created_at');
is_deeply(
    [ sort keys %$first ],
    [ sort qw(id version created_at updated_at created_by updated_by lead_id
              contact_id team_id user_id number state total expired
              valid_until lines) ],
    'its members',
);
is_deeply(
    pick($first, qw(id version created_by updated_by lead_id contact_id
                    team_id user_id number state expired valid_until)),
    { id => 1, version => 1, created_by => $me, updated_by => $me,
      lead_id => undef, contact_id => undef, team_id => $team,
      user_id => $me, number => 'S00001', state => 'draft',
      expired => $false, valid_until => undef },
    'defaults without a lead',
);
is_deeply($first->{lines},
          [ { description => "Two\nlines", quantity => 2.5,
              unit_price => 333, discount => 12.5 },
            { description => 'Less', quantity => 1, unit_price => -100,
              discount => 0 } ],
          'lines with their defaults');
is($first->{total}, 628, 'the total: 728.4375 is 728, less 100');
is_deeply($crm->get('/orders/1')->json, $first, 'reads the same');
is($crm->get('/orders/1', headers => {
       'If-None-Match' => $res->header('ETag') })->status,
   304, 'If-None-Match');
is($crm->head('/orders/1')->status, 200, 'HEAD');

for my $case ([ 1.5,   1,    0,   2 ], [ -1.5,  1,    0,   -2 ],
              [ 0.001, 500,  0,   1 ], [ 0.001, 499,  0,   0 ],
              [ 1,     5,    50,  3 ], [ 1,     -5,   50,  -3 ],
              [ 3,     1,    100, 0 ], [ 1, 10 ** 15, 0, 10 ** 15 ])
{
    my ($quantity, $price, $discount, $total) = @$case;

    is(order(lines => [{ description => 'x', quantity => $quantity,
                         unit_price => $price, discount => $discount }])
           ->{total},
       $total, "$quantity x $price - $discount %");
}

is(order()->{number}, 'S00010', 'numbers go on');

for my $case (
    [ {}, [['lines', 'required']] ],
    [ { lines => [] }, [['lines', 'required']] ],
    [ { lines => {} }, [['lines', 'invalid']] ],
    [ { lines => [{}] }, [['lines[0].description', 'required'],
                          ['lines[0].unit_price', 'required']] ],
    [ { lines => [{ @line, quantity => 0.0001 }] },
      [['lines[0].quantity', 'invalid']] ],
    [ { lines => [{ @line, quantity => '1' }] },
      [['lines[0].quantity', 'invalid']] ],
    [ { lines => [{ @line, quantity => 1000000001 }] },
      [['lines[0].quantity', 'invalid']] ],
    [ { lines => [{ @line, discount => 100.01 }, { @line, colour => 1 }] },
      [['lines[0].discount', 'invalid'],
       ['lines[1].colour', 'unknown_field']] ],
    [ { lines => [{ @line, unit_price => 10 ** 15, quantity => 2 }] },
      [['lines[0]', 'invalid']] ],
    [ { lines => [ map { { @line, unit_price => 10 ** 15 } } 1, 2 ] },
      [['lines', 'invalid']] ],
    [ { lines => [{ @line }], number => 'S1', state => 'sale', total => 1,
        expired => $true, owner => 1, nope => 1 },
      [['number', 'read_only'], ['state', 'read_only'],
       ['total', 'read_only'], ['expired', 'read_only'],
       ['owner', 'unknown_field'], ['nope', 'unknown_field']] ],
    [ { lines => [{ @line }], lead_id => 999, contact_id => 999,
        team_id => 999, user_id => 999, valid_until => 'soon' },
      [['lead_id', 'not_found'], ['contact_id', 'not_found'],
       ['team_id', 'not_found'], ['user_id', 'not_found'],
       ['valid_until', 'invalid']] ],
) {
    $crm->problem_ok($crm->post('/orders', $case->[0]), 422, 'validation',
                     $case->[1]);
}

$crm->problem_ok($crm->get('/orders/999'), 404, 'not_found');
$crm->problem_ok($crm->patch('/orders/999', {}), 404, 'not_found');
$crm->problem_ok($crm->delete('/orders/999'), 404, 'not_found');
$crm->problem_ok(act(999, 'send'), 404, 'not_found');
$crm->problem_ok($crm->get('/orders/1?nope=1'), 400, 'unknown_parameter');
$crm->problem_ok($crm->post('/orders/1/send?x=1', {}), 400,
                 'unknown_parameter');
$crm->problem_ok($crm->post('/orders/1/send', { x => 1 }), 422, 'validation',
                 [['x', 'unknown_field']]);
is($crm->req('PUT', '/orders/1')->status, 405, 'PUT');

# ---- a lead's -------------------------------------------------------------

my $lead = lead(contact_id => $acme, user_id => $sales->id);
my $of   = order(lead_id => $lead->{id});

is_deeply(pick($of, qw(lead_id contact_id team_id user_id)),
          { lead_id => $lead->{id}, contact_id => $acme, team_id => $team,
            user_id => $sales->id }, 'defaults are the lead\'s');
is(order(lead_id => $lead->{id}, user_id => undef)->{user_id}, undef,
   'user_id null: nobody');
is(order(lead_id => lead(user_id => undef)->{id})->{user_id}, undef,
   'nobody\'s lead, nobody\'s order');
is($crm->get("/leads/$lead->{id}")->json->{version}, 1,
   'an order is no change of the lead');

# ---- patch ----------------------------------------------------------------

$res = $crm->patch("/orders/$of->{id}", { valid_until => '2031-01-31',
                                          lines => [{ @line,
                                                      quantity => 3 }] });
$crm->status_ok($res, 200);
is_deeply(pick($res->json, qw(version total valid_until number expired)),
          { version => 2, total => 3000, valid_until => '2031-01-31',
            number => $of->{number}, expired => $false }, 'PATCH');
is($crm->patch("/orders/$of->{id}", $res->json)->json->{version}, 2,
   'a PATCH of what it is');
$crm->problem_ok($crm->patch("/orders/$of->{id}", { total => 1 }), 422,
                 'validation', [['total', 'read_only']]);
$crm->problem_ok($crm->patch("/orders/$of->{id}", { lines => undef }), 422,
                 'validation', [['lines', 'required']]);
$crm->problem_ok($crm->patch("/orders/$of->{id}", { valid_until => undef },
                             headers => { 'If-Match' => '"1"' }),
                 412, 'precondition_failed');
is($crm->patch("/orders/$of->{id}", { lead_id => undef })->json->{lead_id},
   undef, 'off its lead');
is($crm->patch("/orders/$of->{id}", { lead_id => $lead->{id} })
       ->json->{lead_id}, $lead->{id}, 'and back');
$crm->problem_ok($crm->patch("/orders/$of->{id}", { lead_id => 999,
                                                    contact_id => 999 }),
                 422, 'validation', [['lead_id', 'not_found'],
                                     ['contact_id', 'not_found']]);

# ---- states ---------------------------------------------------------------

my %moves = (
    draft     => { send => 'sent', confirm => 'sale', cancel => 'cancelled' },
    sent      => { confirm => 'sale', cancel => 'cancelled' },
    sale      => { cancel => 'cancelled' },
    cancelled => { reset => 'draft' },
);
my %path = (draft => [], sent => ['send'], sale => ['confirm'],
            cancelled => ['cancel']);

for my $state (sort keys %moves) {
    for my $action (qw(send confirm cancel reset)) {
        my $id = order()->{id};
        act($id, $_) for @{ $path{$state} };

        my $answer = act($id, $action);

        if (my $to = $moves{$state}{$action}) {
            $crm->status_ok($answer, 200);
            is($answer->json->{state}, $to, "$action: $state to $to");
        } else {
            $crm->problem_ok($answer, 409, 'order_state', undef,
                             "$action of one that is $state");
        }
    }

    my $id = order()->{id};
    act($id, $_) for @{ $path{$state} };

    $res = $crm->patch("/orders/$id", { lines => [{ @line, quantity => 2 }] });

    if ($state eq 'draft' || $state eq 'sent') {
        is($res->json->{total}, 2000, "lines change while $state");
    } else {
        $crm->problem_ok($res, 409, 'order_locked');
        is($crm->patch("/orders/$id", { lines => [{ @line }],
                                        valid_until => '2030-01-01' })
               ->status, 200, "the same lines, another date while $state");
    }

    $res = $crm->delete("/orders/$id");

    if ($state eq 'draft' || $state eq 'cancelled') {
        is($res->status, 204, "a $state order is deleted");
        $crm->problem_ok($crm->get("/orders/$id"), 404, 'not_found');
    } else {
        $crm->problem_ok($res, 409, 'order_state');
    }
}

$res = act($of->{id}, 'send');
$crm->problem_ok($crm->post("/orders/$of->{id}/confirm", {},
                            headers => { 'If-Match' => '"1"' }),
                 412, 'precondition_failed');
like($res->header('ETag'), qr/^"5-/, 'an action is a version');

# ---- what the lead sees of it ---------------------------------------------

my $deal = lead(expected_revenue => 2500);
my $big  = order(lead_id => $deal->{id}, lines => [{ @line,
                                                     quantity => 4 }]);
my $low  = order(lead_id => $deal->{id});

act($big->{id}, 'send');
act($big->{id}, 'confirm');
is_deeply(pick($crm->get("/leads/$deal->{id}")->json,
               qw(expected_revenue version)),
          { expected_revenue => 4000, version => 2 },
          'confirming raises the revenue');
act($low->{id}, 'confirm');
is_deeply(pick($crm->get("/leads/$deal->{id}")->json,
               qw(expected_revenue version)),
          { expected_revenue => 4000, version => 2 }, 'and never lowers it');
is_deeply(
    [ map { [ @$_{qw(kind body)},
              [ map { [ @$_{qw(field old new)} ] } @{ $_->{changes} } ] ] }
      @{ $crm->get("/leads/$deal->{id}/messages")->json->{data} } ],
    [ [ 'log', "$low->{number}: sale", [] ],
      [ 'log', "$big->{number}: sale", [[ 'expected_revenue', 2500, 4000 ]] ],
      [ 'log', "$big->{number}: sent", [] ] ],
    'its messages say so',
);

my $empty = lead();
act(order(lead_id => $empty->{id})->{id}, 'confirm');
is($crm->get("/leads/$empty->{id}")->json->{expected_revenue}, 1000,
   'of nothing at all');

# ---- who may --------------------------------------------------------------

my $mine   = lead(user_id => $sales->id);
my $theirs = lead(user_id => $other->id);
my $nobody = lead(user_id => undef);
my %by     = map { $_->[0] => order(lead_id => $_->[1]{id},
                                    user_id => $other->id) }
             [ mine => $mine ], [ theirs => $theirs ],
             [ nobody => $nobody ];
my $loose  = order(user_id => $other->id);
my $open   = order(user_id => undef);

for my $seen (@by{qw(mine nobody)}, $open) {
    is($sales->get("/orders/$seen->{id}")->status, 200,
       "sees $seen->{number}");
    is($sales->patch("/orders/$seen->{id}", { valid_until => '2030-02-01' })
           ->status, 200, 'and writes it');
}

for my $hidden ($by{theirs}, $loose) {
    my $path = "/orders/$hidden->{id}";

    $crm->problem_ok($_, 404, 'not_found')
        for $sales->get($path), $sales->patch($path, {}),
            $sales->delete($path), $sales->post("$path/confirm", {});
}

$res = $sales->get('/orders?total=true&limit=1000');
my %seen = map { $_->{id} => 1 } @{ $res->json->{data} };
is($res->json->{total}, scalar keys %seen, 'the total is of what is seen');
ok(!$seen{$_->{id}}, "$_->{number} is not in the list")
    for $by{theirs}, $loose;
ok($seen{$_->{id}}, "$_->{number} is in the list")
    for @by{qw(mine nobody)}, $open;
is_deeply(ids($sales->get("/orders?id=$loose->{id},$open->{id}")),
          [$open->{id}], 'nor by id');
$crm->problem_ok($sales->get("/orders?lead_id=$_"), 404, 'not_found', undef,
                 "nor by lead: $_")
    for $theirs->{id}, "$mine->{id},$theirs->{id}", 999_999;
is_deeply(ids($sales->get("/orders?lead_id=$mine->{id}")), [$by{mine}{id}],
          'but by one of theirs');
is_deeply(ids($sales->get("/orders?number=$loose->{number}")), [],
          'nor by number');

$crm->problem_ok($sales->post('/orders', { lead_id => $theirs->{id},
                                           lines => [{ @line }] }),
                 404, 'not_found');
$crm->problem_ok($sales->post('/orders', { lead_id => $theirs->{id} }),
                 422, 'validation', [['lines', 'required']],
                 'faults of the body first');
$crm->problem_ok($sales->post('/orders', { lead_id => 99999,
                                           lines => [{ @line }] }),
                 404, 'not_found', undef, 'a lead that is not there');
$crm->problem_ok($sales->patch("/orders/$open->{id}",
                               { lead_id => $theirs->{id} }),
                 404, 'not_found');

my $own = $sales->post('/orders', { lines => [{ @line }] })->json;
is($own->{user_id}, $sales->id, 'their own');
$crm->problem_ok($sales->delete("/orders/$by{mine}{id}"), 403, 'forbidden');
is($sales->delete("/orders/$own->{id}")->status, 204,
   'a draft of their own');
$own = $sales->post('/orders', { lines => [{ @line }] })->json;
$sales->post("/orders/$own->{id}/cancel", {});
$crm->problem_ok($sales->delete("/orders/$own->{id}"), 403, 'forbidden');
is($manager->delete("/orders/$own->{id}")->status, 204, 'a manager may');
$crm->problem_ok($crm->user(role => 'mail_gateway')->get('/orders'), 403,
                 'forbidden');
$crm->problem_ok(CRM::Client->new(server => $crm->server,
                                  slug => $crm->slug)->get('/orders'),
                 401, 'unauthorized');

# whoever gets the lead gets its orders
$crm->patch("/leads/$mine->{id}", { user_id => $other->id });
$crm->problem_ok($sales->get("/orders/$by{mine}{id}"), 404, 'not_found');
is($other->get("/orders/$by{mine}{id}")->json->{version}, 2,
   'which is no change of the order');
$crm->post('/leads/bulk', { action => 'assign', ids => [$theirs->{id}],
                            params => { user_id => $sales->id } });
is($sales->get("/orders/$by{theirs}{id}")->status, 200, 'in bulk, too');
$sales->patch("/orders/$open->{id}", { lead_id => $theirs->{id} });
$crm->problem_ok($other->get("/orders/$open->{id}"), 404, 'not_found',
                 undef, 'who gives an order to their lead takes it');
is_deeply($sales->patch("/orders/$open->{id}", { lead_id => undef,
                                                 user_id => $other->id })
              ->json->{user_id}, $other->id, 'given away, shown once');
$crm->problem_ok($sales->get("/orders/$open->{id}"), 404, 'not_found');

# merged: an order goes to the survivor, and to who has that
my @pair = map { lead(user_id => $_->id) } $other, $sales;
my $kept = order(lead_id => $pair[1]{id});

$crm->status_ok($crm->post('/leads/merge', {
    ids => [ map { $_->{id} } @pair ] }), 200);
is($crm->get("/orders/$kept->{id}")->json->{lead_id}, $pair[0]{id},
   'the survivor has the order');
$crm->problem_ok($sales->get("/orders/$kept->{id}"), 404, 'not_found');
is($other->get("/orders/$kept->{id}")->status, 200, 'and who has it sees it');
$crm->status_ok($crm->post("/orders/$kept->{id}/send", {}), 200);
$crm->status_ok($crm->post("/leads/$pair[0]{id}/unmerge", {}), 200);
is($crm->get("/orders/$kept->{id}")->json->{lead_id}, $pair[1]{id},
   'and goes back');
is($sales->get("/orders/$kept->{id}")->status, 200, 'to who had it');

# ---- what others refer to -------------------------------------------------

my $gone = lead(contact_id => $acme, user_id => $sales->id);
my $left = order(lead_id => $gone->{id}, user_id => $other->id);

is($crm->delete("/leads/$gone->{id}")->status, 204, 'a lead is deleted');
is_deeply(pick($crm->get("/orders/$left->{id}")->json,
               qw(lead_id contact_id user_id version)),
          { lead_id => undef, contact_id => $acme, user_id => $other->id,
            version => 2 }, 'its orders stay, unlinked');
is($other->get("/orders/$left->{id}")->status, 200,
   'they are their own user\'s then');

my $buyer = $crm->post('/contacts', { name => 'Buyer' })->json->{id};
my $bound = order(contact_id => $buyer);

$res = $crm->delete("/contacts/$buyer");
$crm->problem_ok($res, 409, 'in_use');
is_deeply($res->json->{counts}, { orders => 1 }, 'a contact with orders');
$crm->delete("/orders/$bound->{id}");
is($crm->delete("/contacts/$buyer")->status, 204, 'and without');

my $desk = $crm->post('/teams', { name => 'Desk' })->json->{id};
$bound = order(team_id => $desk);

$res = $crm->delete("/teams/$desk");
$crm->problem_ok($res, 409, 'in_use');
is_deeply($res->json->{counts}, { orders => 1 }, 'a team with orders');
$crm->delete("/orders/$bound->{id}");
is($crm->delete("/teams/$desk")->status, 204, 'and without');

$crm->problem_ok($crm->patch('/settings', { currency => 'IRR' }), 409,
                 'currency_in_use');

my $free = CRM::Test->tenant;
my $only = $free->post('/orders', { lines => [{ @line }] })->json->{id};
$free->problem_ok($free->patch('/settings', { currency => 'IRR' }), 409,
                  'currency_in_use');
$free->delete("/orders/$only");
is($free->patch('/settings', { currency => 'IRR' })->status, 200,
   'no amounts, another currency');
$free->check_clean;

# ---- list -----------------------------------------------------------------

my $list = CRM::Test->tenant(timezone => 'Pacific/Kiritimati');
$crm = $list;

my $today = sub {
    my ($days) = @_;
    my @t = gmtime(time + 14 * 3600 + $days * 86400);
    return sprintf '%04d-%02d-%02d', $t[5] + 1900, $t[4] + 1, $t[3];
};
my $ann  = $crm->user(role => 'manager');
my $team2 = $crm->post('/teams', { name => 'Second' })->json->{id};
my $buy  = $crm->post('/contacts', { name => 'Buy' })->json->{id};
my $l    = lead(contact_id => $buy);

order(valid_until => $today->(0), lines => [{ @line, quantity => 3 }]);
order(valid_until => $today->(-1), lead_id => $l->{id});
order(valid_until => $today->(-2), user_id => $ann->id,
      lines => [{ @line, quantity => 2 }]);
order(valid_until => $today->(-3), team_id => $team2);
order(contact_id => $buy, user_id => undef);
act(2, 'send');
act(4, 'confirm');
act(5, 'cancel');

is_deeply(list(), [1 .. 5], 'by id');
is_deeply(list(sort => '-id'), [5, 4, 3, 2, 1], 'the last first');
is_deeply(list(state => 'sale'), [4], 'state');
is_deeply(list(state => 'draft,sent'), [1, 2, 3], 'states');
is_deeply(list(expired => 'true'), [2, 3],
          'today is not expired, a sale is no quotation');
is_deeply(list(expired => 'false'), [1, 4, 5], 'not expired');
is_deeply(list(expired => 'true,false'), [1 .. 5], 'or either');
is_deeply(list(expired => 'true', state => 'sale'), [], 'never a sale');
is_deeply(list(lead_id => $l->{id}), [2], 'lead_id');
is_deeply(list(lead_id => 'none'), [1, 3, 4, 5], 'lead_id=none');
is_deeply(list(contact_id => $buy), [2, 5], 'contact_id');
is_deeply(list(team_id => $team2), [4], 'team_id');
is_deeply(list(user_id => $ann->id), [3], 'user_id');
is_deeply(list(user_id => 'none'), [5], 'user_id=none');
is_deeply(ids($ann->get('/orders?user_id=me')), [3], 'user_id=me');
is_deeply(list(number => 's00003'), [3], 'number, folded');
is_deeply(list(number => 'S00003,S00005,S3,x'), [3, 5], 'numbers');
is_deeply(list(id => '5,1,77'), [1, 5], 'id');
is_deeply(list(valid_until_from => $today->(-2), valid_until_to => $today->(0)),
          [2, 3], 'valid_until range');
is_deeply(list(created_at_from => '2030-01-01T00:00:00Z'), [],
          'created_at range');
is_deeply(list(total_from => 2000, total_to => 3001), [1, 3], 'total range');
is_deeply(list(sort => 'total'), [2, 4, 5, 3, 1], 'sort=total');
is_deeply(list(sort => '-total', state => 'draft'), [1, 3], 'in one state');
is_deeply(list(sort => 'valid_until'), [4, 3, 2, 1, 5],
          'sort=valid_until, without one last');
is_deeply(list(sort => '-valid_until'), [1, 2, 3, 4, 5], 'descending');
is_deeply(list(sort => '-created_at'), [5, 4, 3, 2, 1], 'newest first');
is_deeply(list(sort => 'updated_at'), [1, 3, 2, 4, 5], 'last changed last');

for my $sort (qw(id -id total -total valid_until -valid_until created_at
                 -updated_at))
{
    my ($cursor, @got, $n);

    do {
        my $page = $crm->get('/orders', query => {
            sort => $sort, limit => 2, total => 'true',
            defined $cursor ? (cursor => $cursor) : () })->json;

        is($page->{total}, 5, "$sort: total") if !$n++;
        push @got, map { $_->{id} } @{ $page->{data} };
        $cursor = $page->{next_cursor};
    } while (defined $cursor && $n < 9);

    is_deeply(\@got, list(sort => $sort), "$sort: page by page");
}

is($crm->get('/orders?total=true&state=draft')->json->{total}, 2,
   'total of a state');

for my $query ('state=open', 'sort=number', 'expired=maybe', 'lead_id=x',
               'include=nope', 'fields=owner', 'valid_until_from=soon')
{
    $crm->problem_ok($crm->get("/orders?$query"), 400, 'invalid_parameter',
                     undef, "$query: 400");
}

$crm->problem_ok($crm->get('/orders?owner=1'), 400, 'unknown_parameter');
$crm->problem_ok($crm->get('/orders?q=work'), 400, 'unknown_parameter');

$res = $crm->get('/orders/2?include=lead,contact,user,team&fields=number')
           ->json;
is_deeply([ sort keys %$res ], [qw(contact id lead number team user)],
          'include and fields');
is($res->{lead}{name}, 'Lead', 'include=lead');
is($res->{contact}{name}, 'Buy', 'include=contact');
is($crm->get('/orders?lead_id=' . $l->{id} . '&include=lead')->json
       ->{data}[0]{lead}{id}, $l->{id}, 'in a list');
is($crm->get('/orders/1?include=lead')->json->{lead}, undef, 'none');
is($crm->get('/orders/3')->json->{expired}, $true, 'expired');

# ---- repeated -------------------------------------------------------------

my @twice = map { $crm->post('/orders', { lines => [{ @line }] },
                             headers => { 'Idempotency-Key' => 'once' }) }
            1, 2;
is($twice[1]->json->{number}, $twice[0]->json->{number}, 'one order');
is($twice[1]->header('Idempotency-Replayed'), 'true', 'replayed');
is(order()->{number}, 'S00007', 'and no number is lost');

$_->check_clean for $crm, $manager;

done_testing;
