# The cards of the teams: every figure against a plain model, after many random
# operations, in time zones that have another date; rights; one team's weeks
# and members.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);
use List::Util qw(sum0 any);
use POSIX qw(strftime tzset mktime);
use Time::HiRes ();

my $seed = $ENV{CRM_SEED} // int(time / 7);
srand $seed;
diag "CRM_SEED=$seed" if $ENV{CRM_SEED};

my ($true, $false) = (Mojo::JSON->true, Mojo::JSON->false);

# its date differs from that of UTC for most of the day
my $zone = 'Pacific/Kiritimati';
my $crm  = CRM::Test->tenant(timezone => $zone);

$crm->patch('/settings', { use_leads => $true });


# ---- dates by the C library, apart from the server's ----------------------

sub in_zone {
    my ($tz, $code) = @_;

    local $ENV{TZ} = $tz;
    tzset();
    my @result = $code->();
    delete local $ENV{TZ};
    tzset();

    return wantarray ? @result : $result[0];
}


sub date {
    my ($tz, $days) = @_;

    return in_zone($tz, sub {
        my @now = localtime;
        return strftime('%Y-%m-%d', 0, 0, 12, $now[3] + ($days // 0), $now[4],
                        $now[5]);
    });
}


# seconds since 1970 of local midnight
sub midnight {
    my ($tz, $date) = @_;
    my ($y, $m, $d) = split /-/, $date;

    return in_zone($tz, sub { mktime(0, 0, 0, $d, $m - 1, $y - 1900, 0, 0,
                                     -1) });
}


sub seconds {
    my ($instant) = @_;
    my ($y, $m, $d, $h, $i, $s, $ms)
        = $instant =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z\z/;

    return in_zone('UTC', sub { mktime($s, $i, $h, $d, $m - 1, $y - 1900) })
           + $ms / 1000;
}


# ---- the model ------------------------------------------------------------

sub all {
    my ($path, %query) = @_;
    my ($cursor, @all);

    do {
        my $json = $crm->get($path, query => {
            limit => 1000, %query,
            defined $cursor ? (cursor => $cursor) : () })->json;
        push @all, @{ $json->{data} };
        $cursor = $json->{next_cursor};
    } while (defined $cursor);

    return @all;
}


sub weighted {
    my ($lead) = @_;
    my $exact = ($lead->{expected_revenue} // 0)
                * sprintf('%.0f', $lead->{probability} * 100);

    return $exact < 0 ? -int((-$exact + 5000) / 10000)
                      : int(($exact + 5000) / 10000);
}


sub revenue { return sum0 map { $_->{expected_revenue} // 0 } @_ }


# what each team's card must hold, for who sees everything (undef) or what is
# this user's and nobody's
sub model {
    my ($viewer) = @_;

    my $sees = sub {
        my ($user) = @_;
        return !defined $viewer || !defined $user || $user == $viewer;
    };

    my %zone  = map { $_->{id} => $_->{timezone} }
                all('/users', active => 'any');
    my @leads = all('/leads', active => 'any');
    my %lead  = map { $_->{id} => $_ } @leads;
    my $today = date($zone);
    my $month = midnight($zone, substr($today, 0, 8) . '01');

    @leads = grep { $_->{active} && $sees->($_->{user_id}) } @leads;

    my @orders = grep {
        $sees->(defined $_->{lead_id} ? $lead{ $_->{lead_id} }{user_id}
                                      : $_->{user_id})
    } all('/orders');

    my @acts = grep {
        my $of = defined $_->{lead_id} && $lead{ $_->{lead_id} };
        $of && $of->{active} && $sees->($of->{user_id})
            && $_->{due_date} lt date(defined $_->{user_id}
                                      ? $zone{ $_->{user_id} } : $zone)
    } all('/activities');

    my %cards;

    for my $team (all('/teams')) {
        my $id   = $team->{id};
        my $in   = sub { defined $_[0]{team_id} && $_[0]{team_id} == $id };
        my @of   = grep { $in->($_) } @leads;
        my @opps = grep { $_->{type} eq 'opportunity' } @of;
        my @open = grep { $_->{state} eq 'open' } @opps;
        my @late = grep { defined $_->{expected_close}
                          && $_->{expected_close} lt $today } @open;
        my @won  = grep { $_->{state} eq 'won'
                          && seconds($_->{closed_at}) >= $month } @opps;
        my @mine = grep { $in->($_) } @orders;
        my @quot = grep { $_->{state} =~ /^(?:draft|sent)\z/ } @mine;
        my @sale = grep { $_->{state} eq 'sale' } @mine;

        $cards{$id} = {
            team => $team,
            open_opportunities => {
                count => scalar @open, expected_revenue => revenue(@open),
                weighted_revenue => sum0(map { weighted($_) } @open) },
            overdue_opportunities => {
                count => scalar @late, expected_revenue => revenue(@late) },
            overdue_activities =>
                scalar(grep { $in->($lead{ $_->{lead_id} }) } @acts),
            unassigned_leads =>
                scalar(grep { $_->{type} eq 'lead' && $_->{state} eq 'open'
                              && !defined $_->{user_id} } @of),
            quotations => { count => scalar @quot,
                            total => sum0(map { $_->{total} } @quot) },
            sales_orders => { count => scalar @sale,
                              total => sum0(map { $_->{total} } @sale) },
            won_this_month => { count => scalar @won,
                                expected_revenue => revenue(@won) },
        };
    }

    return \%cards;
}


# until no job of the tenant is left: a changed zone is carried to the leads
sub idle {
    my $slug = $crm->slug;

    for (1 .. 200) {
        my $queue = $crm->server->redis('ZRANGE', '{crm:registry}:queue', 0,
                                        -1);
        return if !any { /^\Q$slug\E:/ } @$queue;
        Time::HiRes::sleep(0.1);
    }
}


sub cards {
    my ($client) = @_;

    return { map { $_->{team}{id} => $_ }
             @{ $client->get('/teams/dashboard?limit=1000')->json->{data} } };
}


# ---- an empty tenant ------------------------------------------------------

my $team = $crm->get('/teams')->json->{data}[0];

is_deeply(
    $crm->get('/teams/dashboard')->json,
    { data => [ {
          team => $team,
          open_opportunities => { count => 0, expected_revenue => 0,
                                  weighted_revenue => 0 },
          overdue_opportunities => { count => 0, expected_revenue => 0 },
          overdue_activities => 0, unassigned_leads => 0,
          quotations => { count => 0, total => 0 },
          sales_orders => { count => 0, total => 0 },
          won_this_month => { count => 0, expected_revenue => 0 },
      } ], next_cursor => undef },
    'nothing but noughts',
);

# ---- random operations ----------------------------------------------------

my @users = ($crm->id, map { $_->id }
             $crm->user(timezone => 'Pacific/Niue'),
             $crm->user(timezone => 'America/New_York'));
my $sales = $crm->user(timezone => 'Asia/Tehran');
push @users, $sales->id;

my @teams = ($team->{id}, map { $crm->post('/teams', { name => $_ })
                                    ->json->{id} } qw(East West South));

sub one { return $_[ rand @_ ] }
sub user { return one(@users, undef) }
sub closing {
    return one(undef, '0001-01-01', '9999-12-31', '1969-12-31', '2149-06-05',
               map { date($zone, $_) } -300, -65, -64, -9, -8, -2 .. 2, 7, 8,
               9, 63, 64, 300);
}

my (@leads, @orders, @acts);

my %do = (
    lead => sub {
        my $res = $crm->post('/leads', {
            name => 'L', type => one(qw(lead opportunity opportunity)),
            team_id => one(@teams), user_id => user(),
            expected_close => closing(),
            expected_revenue => one(undef, int rand 1000, -int rand 100),
            rand() < 0.3 ? (probability => int(rand 10000) / 100) : () });
        push @leads, $res->json->{id} if $res->status == 201;
        return $res;
    },
    patch => sub {
        return $crm->patch('/leads/' . one(@leads), {
            one([ team_id => one(@teams, undef) ], [ user_id => user() ],
                [ expected_close => closing() ],
                [ expected_revenue => one(undef, int rand 1000) ])->@* });
    },
    act => sub {
        return $crm->post('/leads/' . one(@leads) . '/'
                          . one(qw(won won lost restore archive)), {});
    },
    delete => sub { return $crm->delete('/leads/' . one(@leads)) },
    merge => sub {
        return $crm->post('/leads/merge', { ids => [ one(@leads),
                                                     one(@leads) ] });
    },
    unmerge => sub {
        return $crm->post('/leads/' . one(@leads) . '/unmerge', {});
    },
    bulk => sub {
        return $crm->post('/leads/bulk', {
            action => 'assign', ids => [ one(@leads), one(@leads) ],
            params => { user_id => one(@users), team_id => one(@teams) } });
    },
    order => sub {
        my $res = $crm->post('/orders', {
            lead_id => rand() < 0.6 ? one(@leads) : undef,
            rand() < 0.5 ? (team_id => one(@teams)) : (),
            rand() < 0.5 ? (user_id => user()) : (),
            lines => [{ description => 'x', quantity => int(rand 5000) / 1000,
                        unit_price => int(rand 300) - 20 }] });
        push @orders, $res->json->{id} if $res->status == 201;
        return $res;
    },
    state => sub {
        return $crm->post('/orders/' . one(@orders, 1) . '/'
                          . one(qw(send confirm cancel reset)), {});
    },
    reorder => sub {
        return $crm->patch('/orders/' . one(@orders, 1), {
            one([ team_id => one(@teams) ], [ lead_id => one(@leads, undef) ],
                [ user_id => user() ],
                [ lines => [{ description => 'y',
                              unit_price => int rand 100 }] ])->@* });
    },
    plan => sub {
        my $res = $crm->post('/leads/' . one(@leads) . '/activities', {
            type_id => 1, user_id => user(),
            due_date => date('UTC', int(rand 7) - 4) });
        push @acts, $res->json->{id} if $res->status == 201;
        return $res;
    },
    end => sub {
        return $crm->post('/activities/' . one(@acts, 1) . '/'
                          . one(qw(done cancel)), {});
    },
    replan => sub {
        return $crm->patch('/activities/' . one(@acts, 1), {
            one([ user_id => user() ],
                [ due_date => date('UTC', int(rand 7) - 4) ])->@* });
    },
);

my @often = (('lead') x 6, ('patch') x 4, ('act') x 3, 'delete', 'merge',
             'merge', ('unmerge') x 4, 'bulk',
             ('order') x 3, ('state') x 3, ('reorder') x 2, ('plan') x 4,
             'end', ('replan') x 2);
my %said;

$do{lead}->() for 1 .. 20;

for my $round (1 .. 4) {
    for (1 .. 80) {
        my $res = $do{ one(@often) }->();
        $said{ $res->status }++;
        die $res->describe if $res->status >= 500;
    }

    is_deeply(cards($crm), model(), "round $round: everybody's");
    is_deeply(cards($sales), model($sales->id),
              "round $round: what a salesperson sees");
}

ok($said{201} > 50 && $said{200} > 30, 'most of them did something')
    or diag explain \%said;

# won earlier: the index follows from the records, so that the checker makes
# it of what was written by hand
my @won = grep { $_->{state} eq 'won' } all('/leads', active => 'any');
my $first = midnight($zone, substr(date($zone), 0, 8) . '01');
my $i = 0;

for my $lead (@won) {
    my $at = $first + (-1, 0, 1, -900, 899, 900, -86400, 86400 - 36000,
                       -86400 * 40)[ $i++ % 9 ];
    $crm->redis('HSET', "{}lead:$lead->{id}", 'closed', $at * 1000);
}

$crm->wait_job($crm->operator('POST', '/tenants/' . $crm->slug . '/check',
                              { repair => $true }));
is_deeply(cards($crm), model(), 'won around the first of the month');
is_deeply(cards($sales), model($sales->id), 'as a salesperson sees it');

# a tenant elsewhere has another month and another today
for my $other ('Pacific/Niue', 'Asia/Kathmandu', 'UTC') {
    $crm->patch('/settings', { timezone => $other });
    $zone = $other;
    is_deeply(cards($crm), model(), "in $other");
}

# ---- one team -------------------------------------------------------------

$crm->patch("/teams/$teams[0]", { user_id => $users[1],
                                  member_ids => [ @users[3, 0] ] });

my $one   = $crm->get("/teams/$teams[0]/dashboard")->json;
my $model = model();

is_deeply([ sort keys %$one ],
          [ sort keys %{ $model->{ $teams[0] } }, qw(weeks members) ],
          'its members');
is_deeply(pick($one, keys %{ $model->{ $teams[0] } }),
          $model->{ $teams[0] }, 'the card');

my @of = grep { defined $_->{team_id} && $_->{team_id} == $teams[0]
                && $_->{type} eq 'opportunity' }
         all('/leads', active => 'any');
my $monday = in_zone($zone, sub { my @t = localtime;
                                  return date($zone, -(($t[6] + 6) % 7)) });
my @starts = map { my $w = $_; in_zone($zone, sub {
    my ($y, $m, $d) = split /-/, $monday;
    return strftime('%Y-%m-%d', 0, 0, 12, $d - 7 * $w, $m - 1, $y - 1900) }) }
    reverse -1 .. 11;
my @weeks;

for my $w (0 .. 11) {
    my ($from, $to) = map { midnight($zone, $_) } @starts[ $w, $w + 1 ];
    my $within = sub { return defined $_[0] && seconds($_[0]) >= $from
                              && seconds($_[0]) < $to };

    push @weeks, { start => $starts[$w],
                   new => scalar(grep { $within->($_->{created_at}) } @of),
                   won => scalar(grep { $_->{state} eq 'won' && $_->{active}
                                        && $within->($_->{closed_at}) }
                                 @of) };
}

is_deeply($one->{weeks}, \@weeks, 'new and won by week');

my %zones = map { $_->{id} => $_->{timezone} } all('/users');
my $month = midnight($zone, substr(date($zone), 0, 8) . '01');
my %lead  = map { $_->{id} => $_ } all('/leads', active => 'any');

is_deeply($one->{members}, [ map {
    my $user = $_;
    my @own  = grep { ($_->{user_id} // 0) == $user && $_->{active} } @of;

    { user_id => $user,
      open_opportunities => scalar(grep { $_->{state} eq 'open' } @own),
      overdue_activities => scalar(grep {
          my $at = $lead{ $_->{lead_id} };
          $at->{active} && ($at->{team_id} // 0) == $teams[0]
              && ($_->{user_id} // 0) == $user
              && $_->{due_date} lt date($zones{$user})
      } all('/activities')),
      won_this_month => scalar(grep { $_->{state} eq 'won'
          && seconds($_->{closed_at}) >= $month } @own) }
} sort { $a <=> $b } @users[0, 1, 3] ], 'leader and members');

# ---- who may, and what may be asked ---------------------------------------

my $path = '/teams/dashboard';

$crm->problem_ok($sales->get("/teams/$teams[0]/dashboard"), 403, 'forbidden');
is($crm->user(role => 'manager')->get("/teams/$teams[0]/dashboard")->status,
   200, 'a manager may');
$crm->problem_ok($crm->user(role => 'mail_gateway')->get($path), 403,
                 'forbidden');
$crm->problem_ok($crm->get('/teams/999/dashboard'), 404, 'not_found');
$crm->problem_ok($crm->get("/teams/$teams[0]/dashboard?weeks=3"), 400,
                 'unknown_parameter');

for my $query ('fields=team', 'include=user', 'month=1') {
    $crm->problem_ok($crm->get("$path?$query"), 400, 'unknown_parameter',
                     undef, $query);
}

is($crm->req('POST', $path)->status, 405, 'POST');
is($crm->head($path)->status, 200, 'HEAD');

sub teams_of { return [ map { $_->{team}{id} } @{ $_[0]->json->{data} } ] }

is_deeply(teams_of($crm->get($path)), \@teams, 'in their sequence');
is_deeply(teams_of($crm->get("$path?id=$teams[1],$teams[2]&sort=-id")),
          [ @teams[2, 1] ], 'filtered and sorted as teams are');

my $page = $crm->get("$path?limit=3&total=true");
is_deeply([ teams_of($page), $page->json->{total} ], [ [ @teams[0 .. 2] ], 4 ],
          'a page');
is_deeply(teams_of($crm->get($path, query => {
              limit => 3, cursor => $page->json->{next_cursor} })),
          [ $teams[3] ], 'the next');

$crm->patch("/teams/$teams[3]", { active => $false });
is_deeply(teams_of($crm->get($path)), [ @teams[0 .. 2] ],
          'an archived team leaves');
is_deeply(teams_of($crm->get("$path?active=false")), [ $teams[3] ],
          'unless it is asked for');
is($crm->get("/teams/$teams[3]/dashboard")->status, 200, 'or named');

idle();
$crm->check_clean;

done_testing;
