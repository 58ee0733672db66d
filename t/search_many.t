# q among so many records that their words lie in several sets: rare words,
# common ones, walks that learn the words as they come to them; each answer
# against a plain model, page by page.

use CRM::Test;
use CRM::Util qw(ids);
use POSIX ();

my $crm   = CRM::Test->tenant;
my $sales = $crm->user;
my $seed  = $ENV{CRM_SEED} // time & 0xffff;
my $COUNT = 8_600;                      # five sets of 2,048 ids

srand $seed;

# word => whether the n-th record has it
my %WORDS = (
    alpha => sub { $_[0] % 3 },
    beta  => sub { $_[0] % 5 },
    betty => sub { $_[0] % 10 == 0 },
    gamma => sub { $_[0] % 40 == 0 },
    delta => sub { $_[0] % 997 == 0 },
    omega => sub { $_[0] > 4000 && $_[0] < 4300 },
    '0912' => sub { $_[0] % 7 == 0 },
    '9123' => sub { $_[0] % 11 == 0 },
    '0935' => sub { $_[0] % 90 == 0 },
    '935'  => sub { $_[0] % 1500 == 0 },
);
my %model;                              # by id


sub body {
    my ($n) = @_;

    return { name    => join(' ', grep({ $WORDS{$_}->($n) } sort keys %WORDS),
                             "n$n"),
             user_id => $n % 4 ? undef : $crm->id,
             expected_revenue => $n % 13 * 10, priority => $n % 3 };
}


for (my $n = 1; $n <= $COUNT; $n += 430) {
    my $res = $crm->post('/leads/batch', { operations => [
        map { { op => 'create', body => body($_) } } $n .. $n + 429 ] });

    die $res->describe if $res->status != 200 || $res->json->{failed};

    my $k = $n;

    for my $result (@{ $res->json->{results} }) {
        $model{ $result->{id} } = { %{ body($k++) }, id => $result->{id} };
    }
}

# what has changed since: words that are gone, archived and deleted records

for my $id (grep { $_ % 60 == 1 } sort { $a <=> $b } keys %model) {
    if ($id % 120 == 1) {
        $crm->status_ok($crm->delete("/leads/$id"), 204);
        delete $model{$id};
    } else {
        my $new = { name => "omega n$id", priority => 0 };

        $crm->status_ok($crm->patch("/leads/$id", $new), 200);
        @{ $model{$id} }{ keys %$new } = values %$new;
    }
}


# records are created in the order of their ids, also within a millisecond

my %ORDER = (
    ''                  => sub { $_[1]{id} <=> $_[0]{id} },
    'created_at'        => sub { $_[0]{id} <=> $_[1]{id} },
    'id'                => sub { $_[0]{id} <=> $_[1]{id} },
    'name'              => sub { $_[0]{name} cmp $_[1]{name}
                                 || $_[0]{id} <=> $_[1]{id} },
    '-expected_revenue' => sub { $_[1]{expected_revenue}
                                     <=> $_[0]{expected_revenue}
                                 || $_[1]{id} <=> $_[0]{id} },
);


sub expected {
    my ($client, $q, $sort, %filter) = @_;

    # the first digits of a telephone number, with the 0 or without

    my @words = map { /^00?(\d{2,})\z/ ? "$_|$1" : $_ } split / /, $q;
    my $order = $ORDER{$sort};

    return map { $_->{id} } sort { $order->($a, $b) } grep {
        my $lead = $_;

        !grep({ $lead->{name} !~ /\b(?:$_)/ } @words)
        && (!defined $filter{priority} || $lead->{priority} == $filter{priority})
        && (!defined $filter{user_id} || $lead->{user_id})
        && ($client == $crm || !$lead->{user_id})
    } values %model;
}


my @Q = ('alpha', 'alpha beta', 'bet alp', 'gamma', 'gamma alpha', 'omega',
         'omega beta', 'delta', 'delta gamma', 'betty omega', 'alpha beta bett',
         'al', 'al gamma', '0912', '091 beta', '09', '0935', 'delta 093', '912',
         '0912 bet 0935', 'n77', 'alpha n8', 'zeta alpha', 'alpha beta n');
my @faults;
my $pages = 0;

for my $round (1 .. 120) {
    my $client = rand() < 0.7 ? $crm : $sales;
    my $q      = $Q[rand @Q];
    my $sort   = rand() < 0.5 ? '' : (sort keys %ORDER)[ rand keys %ORDER ];
    my $limit  = (5, 20, 50, 200, 1000)[rand 5];
    my %filter = (rand() < 0.2 ? (priority => int rand 3) : (),
                  rand() < 0.2 ? (user_id => $crm->id) : ());
    my @left   = expected($client, $q, $sort, %filter);
    my $total  = @left;
    my $wants  = rand() < 0.3;
    my $cursor;

    for my $page (1 .. 4) {
        my $res = $client->get('/leads', query => {
            q => $q, limit => $limit, %filter, fields => 'id',
            $sort ? (sort => $sort) : (), $wants ? (total => 'true') : (),
            $cursor ? (cursor => $cursor) : () });
        my $what = "$q, sort=$sort, limit=$limit, "
                   . join(' ', %filter) . ", page $page";

        if ($res->status != 200) {
            push @faults, "$what: " . $res->describe;
            last;
        }

        my @got = @{ ids($res) };
        my @want = splice @left, 0, scalar @got;

        $pages++;
        push @faults, "$what: got @got[0 .. ($#got > 5 ? 5 : $#got)] ..., not "
            . "@want[0 .. ($#want > 5 ? 5 : $#want)] ..." if "@got" ne "@want";

        my $counted = $res->json->{total};

        push @faults, "$what: total is $counted, not $total"
            if defined $counted && $counted != $total;
        push @faults, "$what: ends before " . @left . ' more'
            if @left && !$res->json->{next_cursor};

        $cursor = $res->json->{next_cursor} // last;
    }
}

is(join("\n", splice @faults, 0, 5), '', "$pages pages are as the model's")
    || diag("CRM_SEED=$seed");

# of a walk only the scores of what matches are asked for

sub commands {
    my ($server, %query) = @_;

    $server->redis('CONFIG', 'RESETSTAT');
    $crm->status_ok($crm->get('/leads', query => \%query), 200);

    my $stats = $server->redis('INFO', 'commandstats');

    return map { /^cmdstat_(zmscore|zrevrange\w*|hmget):calls=(\d+)/
                 ? ($1 => $2) : () } split /\r\n/, $stats;
}

my %walk = commands($crm->server, priority => 1, user_id => 'none',
                    sort => '-expected_revenue', limit => 200);

cmp_ok($walk{zmscore} // 0, '>=', 1, 'a walk asks for scores by member');
cmp_ok($walk{zrevrange}, '<=', 6, 'and for each span of it once');

my %few = commands($crm->server, q => 'gamma', sort => '-expected_revenue');

is($few{zmscore}, 2, 'of a few hundred it asks for nothing but scores');

# as many as fit, in one page, where a walk learns

for my $q ('alpha beta', 'bet alp') {
    is_deeply(ids($crm->get('/leads', query => { q => $q })),
              [ (expected($crm, $q, ''))[0 .. 49] ], "$q: a full page");
}

# on the board new ones are on top; "n1" has more than are sorted at once

for my $q ('gamma', 'n1', 'delta') {
    my ($column) = grep { @{ $_->{leads} } }
                   @{ $crm->get('/board', query => { q => $q, limit => 150 })
                          ->json->{columns} };
    my @all = expected($crm, $q, '');

    is_deeply([ map { $_->{id} } @{ $column->{leads} } ],
              [ @all[0 .. (@all < 150 ? $#all : 149)] ],
              "$q: the first cards of " . @all);
}

# Many records leave and enter the sets while others are paged through: those
# that stay are met once each, in order, also where the place that a look behind
# the bitmaps follows is gone.

my @moving = grep { $model{$_}{priority} == 2 } sort { $a <=> $b } keys %model;
my $mover  = fork // die "fork: $!\n";

if (!$mover) {
    my $parent = getppid;

    while (getppid == $parent) {
        my %ids = map { $moving[rand @moving] => 1 } 1 .. 400;

        $crm->post('/leads/bulk', { action => $_, params => {},
                                    ids => [ map { 0 + $_ } keys %ids ] })
            for qw(archive restore);
    }

    POSIX::_exit(0);
}

my $walks = 0;
my $until = time + 8;

while (time < $until) {
    my $sort  = ('', '-expected_revenue', 'created_at')[rand 3];
    my $limit = (30, 100, 400)[rand 3];
    my ($cursor, @got);

    do {
        my $res = $crm->get('/leads', query => {
            priority => '0', user_id => 'none', limit => $limit,
            fields => 'id', $sort ? (sort => $sort) : (),
            $cursor ? (cursor => $cursor) : () });

        push @got, @{ ids($res) };
        $cursor = $res->json->{next_cursor};
    } while ($cursor);

    my $order = $ORDER{$sort};
    my @want  = map { $_->{id} } sort { $order->($a, $b) }
                grep { $_->{priority} == 0 && !$_->{user_id} } values %model;

    $walks++;
    push @faults, "sort=$sort, limit=$limit: " . @got . ' instead of ' . @want
        if "@got" ne "@want";
}

kill KILL => $mover;
waitpid $mover, 0;

is(join("\n", splice @faults, 0, 5), '',
   "$walks walks beside changes: every record once, in order")
    || diag("CRM_SEED=$seed");

$crm->check_clean;
done_testing;
