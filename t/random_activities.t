# Random operations on activities and their leads, compared with a plain model
# after every forty: states, lists of everybody, the leads, the top menu, the
# board's figures, the checker.
#
#   CRM_SEED=n CRM_OPS=n CRM_SECONDS=n prove -It/lib t/random_activities.t

use utf8;
use POSIX ();
use CRM::Test;
use CRM::Util qw(ids);
use Time::HiRes qw(time);

my $seed    = $ENV{CRM_SEED} // int(time * 1000) % 1_000_000_000;
my $ops     = $ENV{CRM_OPS} // 400;
my $seconds = $ENV{CRM_SECONDS} // 20;
my $state   = $seed;

note("CRM_SEED=$seed");

my $crm  = CRM::Test->tenant(timezone => 'Asia/Tehran');
my @sale = (
    $crm->user(name => 'P', role => 'salesperson',
               timezone => 'Pacific/Pago_Pago'),
    $crm->user(name => 'K', role => 'salesperson',
               timezone => 'Pacific/Kiritimati'),
    $crm->user(name => 'T', role => 'salesperson')
);
my %zone = (0 => 'Asia/Tehran', $crm->id => 'Asia/Tehran',
            $sale[0]->id => 'Pacific/Pago_Pago',
            $sale[1]->id => 'Pacific/Kiritimati',
            $sale[2]->id => 'Asia/Tehran');
my @users = sort { $a <=> $b } keys %zone;

my (%lead, %act);


sub roll {
    my ($below) = @_;

    {
        use integer;
        $state = $state * 6_364_136_223_846_793_005
                 + 1_442_695_040_888_963_407;
    }

    return ($state >> 33 & 0x7fffffff) % $below;
}


sub one { return $_[roll(scalar @_)] }


sub today {
    my ($user) = @_;

    local $ENV{TZ} = $zone{$user};
    POSIX::tzset();

    return POSIX::strftime('%Y-%m-%d', localtime);
}


sub day {
    my ($days) = @_;

    return POSIX::strftime('%Y-%m-%d', gmtime(time + 86_400 * $days));
}


sub state_of {
    my ($a) = @_;

    return $a->{state} if $a->{state} ne 'open';

    my $today = today($a->{user});

    return $a->{due} lt $today ? 'overdue' : $a->{due} eq $today ? 'today'
                                                                 : 'planned';
}


sub of_lead {
    my ($lead) = @_;

    return grep { $_->{lead} == $lead } values %act;
}


sub in_order {
    return [ map { $_->{id} }
             sort { $a->{due} cmp $b->{due} || $a->{id} <=> $b->{id} } @_ ];
}


# ---- operations ----------------------------------------------------------

sub nullable { return $_[0] ? $_[0] + 0 : undef }


sub add_lead {
    my $user = one(@users);
    my $id   = $crm->post('/leads', { name => 'L',
                                      user_id => nullable($user) })
                   ->json->{id};

    $lead{$id} = { id => $id, user => $user, state => 'open', active => 1 };
}


sub add {
    my $l    = one(sort { $a <=> $b } keys %lead);
    my $user = one(@users);
    my %body = (type_id => one(1, 2, 4), due_date => day(roll(7) - 3),
                user_id => nullable($user));

    # nobody and the type's default are different things

    my $res = $crm->post("/leads/$l/activities", \%body);

    return fail("plan: " . $res->body) if $res->status != 201;

    my $id = $res->json->{id};

    $act{$id} = { id => $id, lead => $l, user => $user,
                  due => $body{due_date}, type => $body{type_id},
                  state => 'open' };
}


sub some {
    my @open = sort { $a <=> $b }
               grep { $act{$_}{state} eq 'open' } keys %act;

    return @open ? $act{one(@open)} : undef;
}


sub move_day {
    my $a = some() or return;

    $a->{due} = day(roll(7) - 3);
    $crm->status_ok($crm->patch("/activities/$a->{id}",
                                { due_date => $a->{due} }), 200);
}


sub reassign {
    my $a = some() or return;

    $a->{user} = one(@users);
    $crm->status_ok($crm->patch("/activities/$a->{id}",
                                { user_id => nullable($a->{user}) }), 200);
}


sub complete {
    my $a = some() or return;

    $a->{state} = 'done';
    $crm->status_ok($crm->post("/activities/$a->{id}/done",
                               { feedback => 'x' }), 200);
}


sub cancel {
    my $a = some() or return;

    $a->{state} = 'cancelled';
    $crm->status_ok($crm->post("/activities/$a->{id}/cancel"), 200);
}


sub remove {
    return unless %act;

    my $id = one(sort { $a <=> $b } keys %act);

    delete $act{$id};
    $crm->status_ok($crm->delete("/activities/$id"), 204);
}


sub give_away {
    my $l = $lead{one(sort { $a <=> $b } keys %lead)};

    $l->{user} = one(@users);
    $crm->status_ok($crm->patch("/leads/$l->{id}",
                                { user_id => nullable($l->{user}) }), 200);
}


sub lose {
    my $l = $lead{one(sort { $a <=> $b } keys %lead)};

    return if $l->{state} eq 'lost';

    @$l{qw(state active)} = ('lost', 0);
    $_->{state} eq 'open' and $_->{state} = 'cancelled'
        for of_lead($l->{id});
    $crm->status_ok($crm->post("/leads/$l->{id}/lost"), 200);
}


sub archive {
    my $l = $lead{one(sort { $a <=> $b } keys %lead)};

    return unless $l->{active};

    $l->{active} = 0;
    $crm->status_ok($crm->post("/leads/$l->{id}/archive"), 200);
}


sub restore {
    my $l = $lead{one(sort { $a <=> $b } keys %lead)};

    return if $l->{active};

    @$l{qw(state active)} = ('open', 1);
    $crm->status_ok($crm->post("/leads/$l->{id}/restore"), 200);
}


sub drop {
    my $l = one(sort { $a <=> $b } keys %lead);

    delete $lead{$l};
    delete $act{$_->{id}} for of_lead($l);
    $crm->status_ok($crm->delete("/leads/$l"), 204);
    add_lead();
}


# ---- comparison ----------------------------------------------------------

sub all_pages {
    my ($query, $who) = @_;

    my ($cursor, @ids);

    do {
        my $page = $who->get("/activities?limit=3&$query"
                             . ($cursor ? "&cursor=$cursor" : ''))->json;

        push @ids, map { $_->{id} } @{ $page->{data} };
        $cursor = $page->{next_cursor};
    } while ($cursor);

    return \@ids;
}


sub compare {
    my @open = grep { $_->{state} eq 'open' && $lead{$_->{lead}}{active} }
               values %act;

    is_deeply(all_pages('', $crm), in_order(@open), 'everybody');

    for my $s (qw(overdue today planned)) {
        my $got = all_pages("state=$s", $crm);

        is_deeply([ sort { $a <=> $b } @$got ],
                  [ sort { $a <=> $b } map { $_->{id} }
                    grep { state_of($_) eq $s } @open ], $s);
    }

    for my $s (qw(done cancelled)) {
        is_deeply(all_pages("state=$s", $crm),
                  in_order(grep { $_->{state} eq $s } values %act), $s);
    }

    for my $who (@sale) {
        my $me  = $who->id;
        my @see = grep { $_->{user} == $me || !$lead{$_->{lead}}{user}
                         || $lead{$_->{lead}}{user} == $me } @open;
        my @own = grep { $_->{user} == $me } @open;

        is_deeply(all_pages('', $who), in_order(@see), "what $me sees");
        is_deeply(all_pages('user_id=me', $who), in_order(@own),
                  "those of $me");

        my $sum = $who->get('/activities/summary')->json;

        for my $s (qw(overdue today planned)) {
            is($sum->{$s}, scalar(grep { state_of($_) eq $s } @own),
               "summary of $me: $s");
        }
    }

    compare_leads();
}


sub compare_leads {
    my %column = (overdue => 0, today => 0, planned => 0, none => 0);

    for my $l (values %lead) {
        my @open  = grep { $_->{state} eq 'open' } of_lead($l->{id});
        my ($s)   = grep { my $w = $_; grep { state_of($_) eq $w } @open }
                    qw(overdue today planned);
        my ($nxt) = @{ in_order(@open) };
        my $got   = $crm->get("/leads/$l->{id}")->json;

        ($s, $nxt) = () unless $l->{active};

        is($got->{activity_state}, $s, "lead $l->{id}: state");
        is($got->{next_activity} && $got->{next_activity}{id}, $nxt,
           "lead $l->{id}: next");
        is_deeply(ids($crm->get("/leads/$l->{id}/activities?limit=1000")),
                  in_order(@open), "lead $l->{id}: open ones");

        $column{$s // 'none'}++ if $l->{active};
    }

    is_deeply($crm->get('/board')->json->{columns}[0]{activity}, \%column,
              'figures of the column');
    $crm->check_clean;
}


my @steps = ((\&add) x 8, (\&move_day) x 3, (\&reassign) x 3,
             (\&complete) x 2, \&cancel, \&remove, (\&give_away) x 2, \&lose,
             \&archive, (\&restore) x 2, \&drop);
my $end   = time + $seconds;

add_lead() for 1 .. 6;

for my $n (1 .. $ops) {
    one(@steps)->();

    next if $n % 40;

    compare();
    last if time > $end || !Test::More->builder->is_passing;
}

done_testing;
