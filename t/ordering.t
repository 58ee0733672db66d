# The order inside a column never runs out of room: thousands of moves into
# the same gap, compared with a plain list.

use utf8;
use CRM::Test;
use CRM::Util qw(ids);

my $crm   = CRM::Test->tenant;
my $seed  = $ENV{CRM_SEED} // time ^ $$;
my $moves = $ENV{CRM_MOVES} // (CRM::Server->sanitized ? 750 : 2100);

srand $seed;
note("CRM_SEED=$seed");

my $stage = $crm->post('/stages', { name => 'Column', sequence => 5 })
            ->json->{id};
my $other = $crm->post('/stages', { name => 'Other', sequence => 6 })
            ->json->{id};
my $res   = $crm->post('/leads/batch', { operations => [ map {
    { op => 'create', body => { name => "Card $_", stage_id => $stage } }
} 1 .. 40 ] });

# the model: ids from top to bottom
my @order = @{ ids($crm->get('/leads', query => {
    stage_id => $stage, sort => 'position', limit => 1000 })) };
my @beside;

is_deeply([ sort { $a <=> $b } @order ],
          [ sort { $a <=> $b } map { $_->{id} } @{ $res->json->{results} } ],
          'all of them');


sub move {
    my ($id, %where) = @_;

    my $answer = $crm->post("/leads/$id/move",
                            { stage_id => $stage, %where });

    die "move: " . $answer->describe if $answer->status != 200;

    @beside = grep { $_ != $id } @beside;
    @order  = grep { $_ != $id } @order;

    return unshift @order, $id if !%where;

    my ($neighbour) = values %where;
    my ($n) = grep { $order[$_] == $neighbour } 0 .. $#order;

    splice @order, exists $where{before_id} ? $n : $n + 1, 0, $id;
}


sub compare {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $list = ids($crm->get('/leads', query => {
        stage_id => $stage, sort => 'position', limit => 1000 }));

    return fail($name) && 0
        if !is_deeply($list, \@order, "$name: list");

    my ($column) = grep { $_->{stage}{id} == $stage }
                   @{ $crm->get('/board?limit=100')->json->{columns} };

    return is_deeply([ map { $_->{id} } @{ $column->{leads} } ], \@order,
                     "$name: board")
           && is($column->{count}, scalar @order, "$name: count");
}


compare('at first');

# always between the first and the second: the last one comes up

for my $n (1 .. $moves / 3) {
    move($order[-1], after_id => $order[0]);
    compare("after the first, $n moves") || last if $n % 250 == 0;
}

# between the same two cards, from above and from below in turn

my ($top, $bottom) = @order[ 0, 1 ];

for my $n (1 .. $moves / 3) {
    my ($pick) = grep { $_ != $top && $_ != $bottom }
                 @order[ -1 - int rand 10, -1, -2, -3 ];

    move($pick, $n % 2 ? (after_id => $top) : (before_id => $bottom));
    compare("between the same two, $n moves") || last if $n % 250 == 0;
}

# anywhere, out to another column and back

for my $n (1 .. $moves / 3) {
    my $id = $order[ rand @order ];
    my $what = rand;

    if ($what < 0.1) {
        move($id);

    } elsif ($what < 0.2 && @order > 5) {
        $crm->post("/leads/$id/move", { stage_id => $other });
        @order  = grep { $_ != $id } @order;
        push @beside, $id;

    } elsif ($what < 0.3 && @beside) {
        move($beside[ rand @beside ], before_id => $id);

    } else {
        my ($to) = grep { $_ != $id } map { $order[ rand @order ] } 1 .. 20;
        move($id, rand() < 0.5 ? 'before_id' : 'after_id', $to);
    }

    compare("anywhere, $n moves") || last if $n % 250 == 0;
}

# page by page it is the same

my @pages;
my %query = (stage_id => $stage, sort => 'position', limit => 7);

while (1) {
    my $page = $crm->get('/leads', query => \%query)->json;

    push @pages, map { $_->{id} } @{ $page->{data} };
    $query{cursor} = $page->{next_cursor} // last;
    last if @pages > 100;
}

is_deeply(\@pages, \@order, 'page by page');
is_deeply(ids($crm->get('/leads', query => {
              stage_id => $stage, sort => '-position', limit => 1000 })),
          [ reverse @order ], 'from below');

# the newest is on top, also of those that are created at the same time

my $batch = $crm->post('/leads/batch', { operations => [
    map { { op => 'create', body => { name => "New $_",
                                      stage_id => $other } } } 1 .. 60 ] });

is_deeply(ids($crm->get('/leads', query => {
              stage_id => $other, sort => 'position', limit => 60 })),
          [ map { $_->{id} } reverse @{ $batch->json->{results} } ],
          'the last of a batch is on top');

# cards that a bulk move puts there at the same time have the same rank: a
# place among them is no less a place

my $third = $crm->post('/stages', { name => 'Third', sequence => 7 })
            ->json->{id};
my @cards = map { $_->{id} } @{ $crm->post('/leads/batch', { operations => [
    map { { op => 'create', body => { name => "Tie $_" } } } 1 .. 32 ] })
    ->json->{results} };

$crm->bulk('move', \@cards, { stage_id => $third });

my @ties = @{ ids($crm->get('/leads', query => {
    stage_id => $third, sort => 'position', limit => 1000 })) };
my $late = $crm->post('/leads', { name => 'Late' })->json->{id};
my $wrong = 0;

for my $n (0 .. $#ties) {
    @ties = grep { $_ != $late } @ties;

    my $at = $n * 7 % @ties;
    my %where = ($n % 2 ? 'after_id' : 'before_id', $ties[$at]);

    $crm->post("/leads/$late/move", { stage_id => $third, %where });
    splice @ties, $n % 2 ? $at + 1 : $at, 0, $late;

    my $list = ids($crm->get('/leads', query => {
        stage_id => $third, sort => 'position', limit => 1000 }));
    $wrong++ if "@$list" ne "@ties";
    @ties = @$list;
}

is($wrong, 0, 'beside cards of the same rank');

$crm->check_clean;
done_testing;
