# Random operations on one tenant, compared with a plain model after every
# hundred: each record, the lists, the board, its figures, the checker.
#
#   CRM_SEED=n CRM_OPS=n CRM_SECONDS=n prove -It/lib t/random.t

use utf8;
use CRM::Test;
use CRM::Model;
use CRM::Util qw(ids pick);

use Mojo::JSON ();
use Time::HiRes qw(time);

my $seed    = $ENV{CRM_SEED} // int(time * 1000) % 1_000_000_000;
my $ops     = $ENV{CRM_OPS} // 2000;
my $seconds = $ENV{CRM_SECONDS} // 30;

my $state = $seed;

note("CRM_SEED=$seed");

my $crm   = CRM::Test->tenant;
my @users = map { $crm->user(name => $_, role => 'salesperson') } qw(A B C);

$crm->post('/teams', { name => 'North', user_id => $users[0]->id,
                       member_ids => [ $users[1]->id ] });
$crm->post('/teams', { name => 'South', member_ids => [ $users[1]->id,
                                                        $users[2]->id ] });

my $teams = $crm->get('/teams')->json->{data};

$crm->post('/stages', $_)
    for { name => 'Quick', sequence => 25, probability => 100,
          is_won => \1 },
        { name => 'North', sequence => 15, probability => 17.5,
          team_id => $teams->[1]{id} },
        { name => 'North won', sequence => 27, probability => 100,
          is_won => \1, team_id => $teams->[1]{id} },
        { name => 'Folded', sequence => 5, probability => 1, fold => \1 };

my $stages  = $crm->get('/stages')->json->{data};
my @tags    = map { $crm->post('/tags', { name => $_ })->json->{id} } 'a' .. 'd';
my @reasons = map { $_->{id} } @{ $crm->get('/lost-reasons')->json->{data} };

my $model = CRM::Model->new(stages => $stages, teams => $teams,
                            me => $crm->id);

my @fields = qw(name state active stage_id team_id user_id priority city
                expected_revenue probability probability_mode tag_ids version
                lost_reason_id type);


# Perl's own generator is used by others, too: a seed would not say all

sub roll {
    my ($below) = @_;

    {
        use integer;
        $state = $state * 6_364_136_223_846_793_005
                 + 1_442_695_040_888_963_407;
    }

    return (($state >> 33) & 0x7fff_ffff) / 0x8000_0000 * ($below // 1);
}


sub one { return $_[ roll(scalar @_) ] }

sub any_lead { return one($model->ids) }


# the fields of a body, some of them

sub body {
    my %body;

    $body{name}             = sprintf 'lead %06d', roll(1e6);
    $body{expected_revenue} = one(undef, 0, 1, 5, 12_345, -250,
                                  999_999_999_999, int roll(1e6));
    $body{priority}         = int roll(4);
    $body{city}             = one(undef, 'Bonn', 'تهران');
    $body{tag_ids}          = [ grep { roll() < 0.3 } @tags ];
    $body{user_id}          = one(undef, $crm->id, map { $_->id } @users);
    $body{team_id}          = one(@$teams)->{id};
    $body{probability}      = one(0, 5, 33.33, 50, 66.67, 99.99, 100);
    $body{stage_id}         = one(@$stages)->{id};

    my %rare = (stage_id => 0.15, team_id => 0.15, user_id => 0.2,
                probability => 0.15, tag_ids => 0.3);

    delete $body{$_}
        for grep { roll() > ($rare{$_} // 0.4) } sort keys %body;

    return %body;
}


# What was answered, and what the model says; dies where they differ, so that
# the seed is worth something.

my $done = 0;
my $what = '';

sub agree {
    my ($res, $expected) = @_;

    die "CRM_SEED=$seed, operation $done: $what: expected $expected, got "
        . $res->describe . "\n" if $res->status != $expected;

    same($res) if $res->status == 200;

    return $res->status;
}


# the record in the answer

sub same {
    my ($res) = @_;

    my ($got, $model) = map { record($_) }
                        $res->json, $model->lead($res->json->{id});

    return if $got eq $model;

    die "CRM_SEED=$seed, operation $done: $what:\n   got $got\n model $model\n";
}


sub record {
    my ($lead) = @_;

    my %fields = %{ pick($lead, @fields) };

    $fields{tag_ids} = [ sort { $a <=> $b } @{ $fields{tag_ids} } ];
    $fields{active}  = $fields{active} ? 1 : 0;

    return join ' ', map {
        "$_=" . (ref $fields{$_} ? "[@{ $fields{$_} }]" : $fields{$_} // 'null')
    } @fields;
}


sub act {
    my ($id, $action, $body) = @_;

    return $crm->post("/leads/$id/$action", $body);
}


# restored records stand where the server puts them; the others must not move

sub find_place {
    my ($id) = @_;

    my $stage = $model->lead($id)->{stage_id};
    my $list  = ids($crm->get('/leads', query => {
        stage_id => $stage, sort => 'position', limit => 1000 }));

    $model->{order}{$stage} = $list
        if join(' ', grep { $_ != $id } @$list)
           eq join(' ', @{ $model->order($stage) })
           && grep { $_ == $id } @$list;
}


my %operation = (

    create => sub {
        my %body = (name => 'lead 000000', body());

        delete $body{$_}
            for grep { !defined $body{$_} && $_ ne 'user_id' } keys %body;

        # a team's stage says nothing of the team: it comes with it
        delete $body{stage_id}
            if defined $body{stage_id} && !defined $body{team_id}
               && defined $model->stage($body{stage_id})->{team_id};

        my $team = $body{team_id}
                   // $model->team_of(exists $body{user_id}
                                      ? $body{user_id} : $crm->id);
        my $fits = !defined $body{stage_id}
                   || $model->fits($body{stage_id}, $team);
        my $won  = defined $body{stage_id}
                   && $model->stage($body{stage_id})->{is_won};

        # a probability beside a won stage: see `patch'
        delete $body{probability} if $won;

        $what = 'create ' . Mojo::JSON::encode_json(\%body);
        my $res = $crm->post('/leads', \%body);

        agree($res, $fits ? 201 : 422);

        if ($fits) {
            $model->create($res->json->{id}, %body);
            same($res);
        }
    },

    patch => sub {
        my $id   = any_lead();
        my %body = body();

        # the model knows no lost record with a chosen probability
        delete $body{probability} if $model->lead($id)->{state} eq 'lost';

        $what = "patch $id " . Mojo::JSON::encode_json(\%body);
        my $res = $crm->patch("/leads/$id", \%body);

        agree($res, $model->patch($id, %body));
    },

    auto => sub {
        my $id = any_lead();

        return if $model->lead($id)->{state} ne 'open';

        $what = "auto $id";
        agree($crm->patch("/leads/$id", { probability_mode => 'auto' }),
              $model->patch($id, probability_mode => 'auto'));
    },

    move => sub {
        my $id    = any_lead();
        my $stage = roll() < 0.5 ? $model->lead($id)->{stage_id}
                                 : one(@$stages)->{id};
        my @near  = grep { $_ != $id } @{ $model->order($stage) };
        my ($side, $other) = @near && roll() < 0.7
            ? (one(qw(before_id after_id)), one(@near)) : ();

        # into a column that does not show it, there is no place to speak of
        my $lead = $model->lead($id);

        return if !$lead->{active} && !$model->stage($stage)->{is_won};

        $what = "move $id to $stage " . join ' ', map { $_ // '' } $side,
                                                                   $other;
        my $res = act($id, 'move', { stage_id => $stage,
                                     $side ? ($side => $other) : () });

        agree($res, $model->move($id, $stage, $side, $other));
    },

    won => sub {
        my $id = any_lead();

        $what = "won $id";
        agree(act($id, 'won'), $model->won($id));
    },

    lost => sub {
        my $id     = any_lead();
        my $reason = one(undef, @reasons);

        $what = "lost $id";
        agree(act($id, 'lost', { lost_reason_id => $reason }),
              $model->lost($id, $reason));
    },

    archive => sub {
        my $id = any_lead();

        $what = "archive $id";
        agree(act($id, 'archive'), $model->archive($id));
    },

    restore => sub {
        my @gone = @{ $model->filter(sub { !$_[0]{active} }) };
        my $id   = @gone && roll() < 0.9 ? one(@gone) : any_lead();

        $what = "restore $id";
        my $status = agree(act($id, 'restore'), $model->restore($id));

        find_place($id) if $status == 200;
    },

    delete => sub {
        my $id = any_lead();

        $what = "delete $id";
        agree($crm->delete("/leads/$id"), $model->delete($id));
    },
);

my %weight = (create => 20, patch => 30, auto => 3, move => 25, won => 5,
              lost => 6, archive => 4, restore => 8, delete => 2);
my @bag = map { ($_) x $weight{$_} } sort keys %weight;


# ---- comparison ----------------------------------------------------------

# all records of a list, page by page

sub all {
    my (%query) = @_;

    my @data;

    for (1 .. 200) {
        my $page = $crm->get('/leads', query => { limit => 70, %query })
                   ->json;
        push @data, @{ $page->{data} };
        $query{cursor} = $page->{next_cursor} // return \@data;
    }

    return \@data;
}


# a sort's order over some records: undef last, ties by id, also descending

sub sorted {
    my ($ids, $field, $down) = @_;

    my $lead = $model->{leads};

    return [ sort {
        my ($x, $y) = map { $lead->{$_}{$field} } $a, $b;

        !defined $x && !defined $y ? ($down ? $b <=> $a : $a <=> $b)
        : !defined $x ? 1 : !defined $y ? -1
        : ($down ? -1 : 1) * (($field eq 'name' ? $x cmp $y : $x <=> $y)
                              || $a <=> $b)
    } @$ids ];
}


sub compare {
    my $name = "after $done operations";
    my $good = 1;

    my %there = map { $_->{id} => record($_) }
                @{ all(active => 'any', sort => 'id') };
    my %here  = map { $_ => record($model->lead($_)) } $model->ids;

    $good &&= is_deeply(\%there, \%here, "$name: records");

    my %filter = (
        'default'          => [ {}, sub { $_[0]{active} } ],
        'active=false'     => [ { active => 'false' },
                                sub { !$_[0]{active} } ],
        'state=lost'       => [ { state => 'lost' },
                                sub { $_[0]{state} eq 'lost' } ],
        'state=won'        => [ { state => 'won' },
                                sub { $_[0]{active}
                                      && $_[0]{state} eq 'won' } ],
        'user_id=none'     => [ { user_id => 'none' },
                                sub { $_[0]{active}
                                      && !defined $_[0]{user_id} } ],
        'user and stage'   => [ { user_id => $users[1]->id . ',none',
                                  stage_id => $stages->[0]{id} . ','
                                              . $stages->[1]{id} },
                                sub { $_[0]{active}
                                      && ($_[0]{user_id} // $users[1]->id)
                                         == $users[1]->id
                                      && ($_[0]{stage_id} == $stages->[0]{id}
                                          || $_[0]{stage_id}
                                             == $stages->[1]{id}) } ],
        'team'             => [ { team_id => $teams->[1]{id},
                                  active => 'any' },
                                sub { $_[0]{team_id} == $teams->[1]{id} } ],
        'tag and priority' => [ { tag_id => $tags[0], priority => '2,3' },
                                sub { $_[0]{active} && $_[0]{priority} >= 2
                                      && grep { $_ == $tags[0] }
                                         @{ $_[0]{tag_ids} } } ],
        'reason'           => [ { lost_reason_id => $reasons[0],
                                  active => 'any' },
                                sub { ($_[0]{lost_reason_id} // 0)
                                      == $reasons[0] } ],
    );

    for my $filter (sort keys %filter) {
        my ($query, $where) = @{ $filter{$filter} };
        my $expected = $model->filter($where);
        my $sort = one('id', '-id', 'expected_revenue', '-expected_revenue',
                       'probability', '-probability', 'name', '-name',
                       'priority', '-priority');
        my ($down, $field) = $sort =~ /^(-?)(.*)/;

        $good &&= is_deeply([ map { $_->{id} }
                              @{ all(%$query, sort => $sort) } ],
                            sorted($expected, $field, $down),
                            "$name: $filter, sort=$sort");
        $good &&= is($crm->get('/leads', query => {
                         %$query, total => 'true', limit => 1 })
                     ->json->{total} // scalar @$expected,
                     scalar @$expected, "$name: $filter: total");
    }

    my $team = one(@$teams)->{id};
    my $user = one(@users)->id;

    my %board = (
        'all'       => [ {}, sub { 1 } ],
        'a team'    => [ { team_id => $team },
                         sub { $_[0]{team_id} == $team } ],
        'a user'    => [ { user_id => $user },
                         sub { ($_[0]{user_id} // 0) == $user } ],
        'nobody'    => [ { user_id => 'none' },
                         sub { !defined $_[0]{user_id} } ],
        'both'      => [ { team_id => $team, user_id => $user },
                         sub { $_[0]{team_id} == $team
                               && ($_[0]{user_id} // 0) == $user } ],
    );

    for my $board (sort keys %board) {
        my ($query, $where) = @{ $board{$board} };
        my @stages = $query->{team_id}
            ? $model->stages($team)
            : sort { $a->{sequence} <=> $b->{sequence}
                     || $a->{id} <=> $b->{id} } @$stages;
        my $columns = $crm->get('/board', query => { %$query, limit => 5 })
                      ->json->{columns};

        $good &&= is_deeply(
            [ map { [ $_->{stage}{id}, @$_{qw(count expected_revenue
                                              weighted_revenue)},
                      [ map { $_->{id} } @{ $_->{leads} } ] ] } @$columns ],
            [ map {
                my @order = @{ $model->order($_->{id}, $where) };
                [ $_->{id}, @{ $model->figures($_->{id}, $where) },
                  [ splice @order, 0, 5 ] ]
            } @stages ],
            "$name: board: $board");
    }

    for my $stage (@$stages) {
        $good &&= is_deeply([ map { $_->{id} }
                              @{ all(stage_id => $stage->{id},
                                     sort => 'position') } ],
                            $model->order($stage->{id}),
                            "$name: order of $stage->{name}");
    }

    $good &&= is_deeply(
        { map { $_->{id} => $_->{used} }
          @{ $crm->get('/lost-reasons')->json->{data} } },
        { map { my $r = $_; $r => scalar @{ $model->filter(sub {
              ($_[0]{lost_reason_id} // 0) == $r }) } } @reasons },
        "$name: used reasons");

    return $good && $crm->check_clean("$name: the checker");
}


# ---- run -----------------------------------------------------------------

my $end = time + $seconds;

while ($done < $ops && time < $end) {
    $done++;
    my $name = $model->count < 20 ? 'create' : one(@bag);

    eval { $operation{$name}->(); 1 } or do {
        chomp(my $why = $@);
        fail($why);
        last;
    };

    last if $done % 100 == 0 && !compare();
}

compare() if Test::More->builder->is_passing;

diag("CRM_SEED=$seed") if !Test::More->builder->is_passing;
note("$done operations");
done_testing;
