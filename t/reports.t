# Reports: figures of leads by group, against what a plain model makes of the
# records themselves.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

use List::Util qw(max sum0);
use Mojo::JSON qw(decode_json);
use POSIX qw(floor);
use Time::Local qw(timegm);

srand(my $seed = $ENV{CRM_SEED} // time);
note "CRM_SEED=$seed";

my $crm  = CRM::Test->tenant(timezone => 'Asia/Tehran', locale => 'fa');
my $boss = $crm->user(name => '=Boss, "the"', role => 'manager');
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my $ali  = $crm->user(name => 'علی', role => 'salesperson',
                      timezone => 'Pacific/Auckland');
my $gate = $crm->user(name => 'Gate', role => 'mail_gateway');

$crm->patch('/settings', { use_leads => Mojo::JSON->true });

my @stages  = @{ $crm->get('/stages')->json->{data} };
my @reasons = @{ $crm->get('/lost-reasons')->json->{data} };
my $export  = $crm->post('/teams', { name => 'Export', sequence => 1 })->json;
my @teams   = @{ $crm->get('/teams')->json->{data} };
my @tags    = map { $crm->post('/tags', { name => $_ })->json }
              qw(Hot Cold Warm);
my @sources = ('Fair', 'fair', 'Web site', '@ad', '-5 "x"');

push @stages, $crm->post('/stages', { name => 'Slow', sequence => 25,
                                      rotting_days => 30 })->json;

my %name = (
    stage  => { map { $_->{id} => $_->{name} } @stages },
    team   => { map { $_->{id} => $_->{name} } @teams },
    reason => { map { $_->{id} => $_->{name} } @reasons },
    tag    => { map { $_->{id} => $_->{name} } @tags },
    user   => { map { $_->{id} => $_->{name} }
                @{ $crm->get('/users')->json->{data} } },
    type   => { map { $_->{id} => $_->{name} }
                @{ $crm->get('/activity-types')->json->{data} } },
);


sub any { return $_[ rand @_ ] }

sub report {
    my ($which, %query) = @_;

    return $boss->get("/reports/$which", query => \%query);
}


# ---- records -------------------------------------------------------------

my $contact = $crm->post('/contacts', { name => 'Zarrin' })->json->{id};
my $n = 400;

sub random_lead {
    my ($i) = @_;

    return {
        name     => any('Tea', 'Coffee', 'Sugar') . " $i",
        type     => any('lead', 'opportunity', 'opportunity'),
        stage_id => any(@stages)->{id},
        user_id  => any($crm->id, $sara->id, $ali->id, undef),
        team_id  => any(@teams)->{id},
        tag_ids  => any([], [ $tags[0]{id} ], [ map { $_->{id} } @tags ]),
        priority => int rand 4,
        (rand() < 0.8 ? (expected_revenue => int rand 1_000_001) : ()),
        (rand() < 0.7 ? (source => any(@sources)) : ()),
        (rand() < 0.6 ? (country => any(qw(IR DE FR))) : ()),
        (rand() < 0.2 ? (contact_id => $contact) : ()),
        (rand() < 0.3 ? (probability => 1 + int rand 99) : ()),
        (rand() < 0.7 ? (expected_close => sprintf('20%02d-%02d-%02d',
                         any(26, 26, 27), 1 + int rand 12, 1 + int rand 28))
                      : ()),
    };
}

my @bodies = map { random_lead($_) } 1 .. $n;

# a won record has a probability of its own
for my $body (@bodies) {
    delete $body->{probability} if grep { $_->{id} == $body->{stage_id}
                                          && $_->{is_won} } @stages;
}

my $res = $crm->post('/leads/batch', {
    operations => [ map { { op => 'create', body => $_ } } @bodies ],
});
is($res->json->{failed}, 0, 'records')
    || diag(explain([ grep { $_->{status} != 201 } @{ $res->json->{results} } ]));

my @open = @{ ids($crm->get('/leads', query => { state => 'open',
                                                 limit => 1000 })) };

$crm->post('/leads/bulk', { action => 'lost', ids => [ @open[ 0 .. 89 ] ],
                            params => { lost_reason_id => $reasons[0]{id} } });
$crm->post('/leads/bulk', { action => 'lost', ids => [ @open[ 90 .. 119 ] ],
                            params => { lost_reason_id => $reasons[2]{id} } });
$crm->post('/leads/bulk', { action => 'lost', ids => [ @open[ 120 .. 129 ] ] });
$crm->post('/leads/bulk', { action => 'archive',
                            ids => [ @open[ 130 .. 149 ] ] });
$crm->delete("/leads/$_") for @open[ 150 .. 159 ];
$crm->post('/leads/bulk', { action => 'schedule_activity',
                            ids => [ @open[ 160 .. 189 ] ],
                            params => { type_id => 1,
                                        due_date => '2026-01-01' } });

# Time passes: instants of the past, and the checker makes the rest of them.

for my $lead (@{ $crm->get('/leads', query => { active => 'any',
                                                limit => 1000 })
                     ->json->{data} }) {
    my $created = timegm(0, 0, 0, 1, 0, 2024) * 1000
                  + int rand(900 * 86_400_000);

    $crm->redis('HSET', "{}lead:$lead->{id}", 'ct', $created, 'staged',
                $created);
    $crm->redis('HSET', "{}lead:$lead->{id}", 'closed',
                $created + int rand(60 * 86_400_000))
        if defined $lead->{closed_at};
}

my $check = $crm->operator('POST', '/tenants/' . $crm->slug . '/check',
                           { repair => Mojo::JSON->true });
$crm->wait_job($check, seconds => 120);
$crm->check_clean('the past is in the indexes');


# ---- the model -----------------------------------------------------------

# instant in Tehran (no summer time in these years) as days since 1970

sub instant_ms {
    my ($text) = @_;

    my ($y, $m, $d, $h, $i, $s, $ms) = $text =~ /\d+/g;

    return timegm($s, $i, $h, $d, $m - 1, $y) * 1000 + $ms;
}

sub day_of {
    my ($text) = @_;

    my ($y, $m, $d) = $text =~ /\d+/g;

    return length $text == 10
           ? timegm(0, 0, 0, $d, $m - 1, $y) / 86400
           : floor((instant_ms($text) + 12_600_000) / 86_400_000);
}

# the Persian new years from 1402 on

my @nowruz = map { [ $_->[0], day_of($_->[1]) ] }
    [ 1402, '2023-03-21' ], [ 1403, '2024-03-20' ], [ 1404, '2025-03-21' ],
    [ 1405, '2026-03-21' ], [ 1406, '2027-03-21' ], [ 1407, '2028-03-20' ];

sub month_of {
    my ($text, $calendar) = @_;

    my $day = day_of($text);

    if ($calendar ne 'jalali') {
        my (undef, undef, undef, undef, $m, $y) = gmtime($day * 86400);
        return sprintf '%04d-%02d', $y + 1900, $m + 1;
    }

    my ($year) = reverse grep { $_->[1] <= $day } @nowruz;
    my $nth = $day - $year->[1];

    return sprintf '%04d-%02d', $year->[0],
                   1 + ($nth < 186 ? int($nth / 31) : 6 + int(($nth - 186) / 30));
}

sub records {
    my (%query) = @_;

    my @records;
    my $cursor;

    do {
        my $page = $crm->get('/leads', query => {
            active => 'any', %query, limit => 1000, sort => 'id',
            (defined $cursor ? (cursor => $cursor) : ()),
        })->json;

        die explain($page) if !$page->{data};
        push @records, @{ $page->{data} };
        $cursor = $page->{next_cursor};
    } while (defined $cursor);

    return @records;
}

# keys of the groups that a record is in; '' for none

sub groups_of {
    my ($lead, $by, $calendar) = @_;

    return map { $_ // '' } $lead->{"${by}_id"}
        if $by =~ /^(?:stage|team|user)\z/;
    return $lead->{lost_reason_id} // ''        if $by eq 'reason';
    return lc($lead->{source} // '')            if $by eq 'source';
    return $lead->{country} // ''               if $by eq 'country';
    return month_of($lead->{created_at}, $calendar)     if $by eq 'created';
    return defined $lead->{closed_at}
           ? month_of($lead->{closed_at}, $calendar) : ''
                                                if $by eq 'closed';
    return @{ $lead->{tag_ids} } ? @{ $lead->{tag_ids} } : '' if $by eq 'tag';
    die $by;
}

sub weighted {
    my ($lead) = @_;

    return floor(($lead->{expected_revenue} // 0)
                 * int($lead->{probability} * 100 + 0.5) / 10_000 + 0.5);
}

sub rounded { return floor($_[0] * 100 + 0.5) / 100 }

sub model {
    my ($which, $by, $calendar, @records) = @_;

    my %group;

    for my $lead (@records) {
        my $counts = $which ne 'lost' || $lead->{state} eq 'lost';

        next if $which eq 'lost' && $lead->{state} eq 'open';
        next if $by eq 'reason' && $lead->{state} ne 'lost';

        for my $key (groups_of($lead, $by, $calendar)) {
            my $g = $group{$key} //= {
                count => 0, expected_revenue => 0, weighted_revenue => 0,
                won => 0, lost => 0, days => [],
            };

            $g->{won}++  if $lead->{state} eq 'won';
            $g->{lost}++ if $lead->{state} eq 'lost';
            next if !$counts;

            $g->{count}++;
            $g->{expected_revenue} += $lead->{expected_revenue} // 0;
            $g->{weighted_revenue} += weighted($lead);
            push @{ $g->{days} }, (instant_ms($lead->{closed_at})
                                   - instant_ms($lead->{created_at}))
                                  / 86_400_000 if defined $lead->{closed_at};
        }
    }

    for my $key (keys %group) {
        my $g = $group{$key};
        my $closed = $g->{won} + $g->{lost};
        my @days = @{ delete $g->{days} };

        delete $group{$key} if $g->{count} == 0;
        $g->{win_rate} = $closed ? rounded(100 * $g->{won} / $closed) : undef;
        $g->{days_to_close} = @days ? rounded(sum0(@days) / @days) : undef;
    }

    return \%group;
}

# the answer in the same form

sub figures {
    my ($json) = @_;

    my %group;

    for my $row (@{ $json->{data} }) {
        my %row = %$row;
        my $group = delete $row{group};
        my $key = $group->{ exists $group->{id} ? 'id' : 'value' } // '';

        $key = lc $key;
        $key = uc $key if $key =~ /^[a-z][a-z]\z/;
        $group{$key} = \%row;
    }

    return \%group;
}

sub same_ok {
    my ($which, $group_by, $query, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $by = $group_by ne 'month' ? $group_by
             : $which eq 'lost'   ? 'closed' : 'created';
    my $calendar = delete $query->{calendar} // 'gregorian';
    my $expected = model($which, $by, $calendar, records(%$query));

    my $res = report($which, group_by => $group_by, calendar => $calendar,
                     %$query);

    $res = $boss->wait_job($res) if $res->status == 202;

    my $json = $res->json;
    $json = $json->{result} if exists $json->{result};

    return is_deeply(figures($json), $expected, $name)
        || diag($res->describe);
}


# ---- every group ---------------------------------------------------------

for my $group (qw(stage team user source tag country month)) {
    same_ok('pipeline', $group, {}, "pipeline by $group");
}

for my $group (qw(reason stage team user month)) {
    same_ok('lost', $group, {}, "lost by $group");
}

same_ok($_, 'month', { calendar => 'jalali' }, "$_ by Persian months")
    for qw(pipeline lost);


# ---- every filter --------------------------------------------------------

my $now = sprintf '%04d-%02d-%02d', (gmtime)[5] + 1900, (gmtime)[4] + 1,
                  (gmtime)[3];

for my $query (
    { type => 'lead' },
    { team_id => $export->{id} },
    { user_id => 'none' },
    { user_id => $sara->id . ',none' },
    { stage_id => "$stages[0]{id},$stages[2]{id}" },
    { state => 'open' },
    { state => 'won,lost' },
    { active => 'true' },
    { active => 'false' },
    { priority => '0,3' },
    { lost_reason_id => $reasons[2]{id} },
    { lost_reason_id => 'none' },
    { country => 'ir,none' },
    { source => 'FAIR' },
    { source => 'none' },
    { tag_id => $tags[1]{id} },
    { contact_id => $contact },
    { q => 'coffee' },
    { id => join ',', @open[ 5, 6, 90, 121, 150, 200 ] },
    { created_at_from => '2025-01-01T00:00:00Z',
      created_at_to => '2025-07-01T00:00:00Z' },
    { closed_at_from => '2025-01-01T00:00:00Z' },
    { expected_close_from => '2026-06-01', expected_close_to => '2027-01-01' },
    { expected_revenue_from => 500_000 },
    { expected_revenue_to => 1 },
    { activity_state => 'overdue' },
    { activity_state => 'none' },
    { rotting => 'true' },
    { rotting => 'false', q => 'tea' },
    { type => 'opportunity', team_id => $export->{id}, user_id => $ali->id,
      tag_id => $tags[0]{id}, q => 'sugar' },
    { stage_id => 9999 },
) {
    my $name = join '&', map { "$_=$query->{$_}" } sort keys %$query;

    same_ok('pipeline', any(qw(stage user country month)), {%$query},
            "pipeline: $name");
    same_ok('pipeline', any(qw(tag source)), {%$query}, "tags: $name");
    same_ok('lost', any(qw(reason team month)), {%$query}, "lost: $name");
}

is_deeply(figures($boss->get('/reports/pipeline',
                             query => { user_id => 'me' })->json), {},
          'me is the caller');


# ---- what an answer looks like -------------------------------------------

$res = report('pipeline');
$crm->status_ok($res, 200);

my $json = $res->json;

is_deeply([ sort keys %$json ], [qw(data next_cursor)], 'a list');
is($json->{next_cursor}, undef, 'of one page');
is_deeply([ sort keys %{ $json->{data}[0] } ],
          [ sort qw(group count expected_revenue weighted_revenue won lost
                    win_rate days_to_close) ], 'every member');
is_deeply([ map { $_->{group}{name} } @{ $json->{data} } ],
          [ map { $_->{name} } sort { $a->{sequence} <=> $b->{sequence} }
            @stages ], 'by stage by default, in their order');
is_deeply($json->{data}[0]{group}, { id => $stages[0]{id},
                                     name => $stages[0]{name} }, 'a group');

my @users = map { $_->{group} } @{ report('pipeline', group_by => 'user')
                                       ->json->{data} };

is_deeply($users[-1], { id => undef, name => undef }, 'nobody\'s last');
is_deeply([ map { $name{user}{ $_->{id} } } @users[ 0 .. 2 ] ],
          [ map { $_->{name} } @users[ 0 .. 2 ] ], 'with names');

my @values = map { $_->{group} } @{ report('pipeline', group_by => 'source')
                                        ->json->{data} };

is_deeply($values[-1], { value => undef }, 'without a source: last');
is(scalar(grep { lc($_->{value} // '') eq 'fair' } @values), 1,
   'one group whatever the case');

my @months = map { $_->{group}{value} }
             @{ report('pipeline', group_by => 'month')->json->{data} };

is("@months", join(' ', sort @months), 'months in their order');
like($months[0], qr/^2024-\d\d\z/, 'a month');


# ---- forecast ------------------------------------------------------------

sub forecast_model {
    my ($calendar, $months, @records) = @_;

    my ($y, $m) = month_of($now, $calendar) =~ /\d+/g;
    my @month = map { sprintf '%04d-%02d', $y + int(($m - 1 + $_) / 12),
                              1 + ($m - 1 + $_) % 12 } 0 .. $months - 1;
    my %group = map { $_ => { count => 0, expected_revenue => 0,
                              weighted_revenue => 0 } } @month;

    for my $lead (@records) {
        my $key = !defined $lead->{expected_close} ? ''
                  : month_of($lead->{expected_close}, $calendar);

        $key = 'overdue' if $key ne '' && $key lt $month[0];
        next if $key ne '' && $key ne 'overdue' && $key gt $month[-1];

        my $g = $group{$key} //= { count => 0, expected_revenue => 0,
                                   weighted_revenue => 0 };
        $g->{count}++;
        $g->{expected_revenue} += $lead->{expected_revenue} // 0;
        $g->{weighted_revenue} += weighted($lead);
    }

    return \%group;
}

for my $case (
    [ {}, 6 ], [ { months => 1 }, 1 ], [ { months => 24 }, 24 ],
    [ { calendar => 'jalali' }, 6 ], [ { calendar => 'jalali', months => 12 },
                                       12 ],
    [ { team_id => $export->{id}, tag_id => $tags[0]{id} }, 6 ],
) {
    my ($query, $months) = @$case;
    my %filter = map { $_ => $query->{$_} } grep { /_id/ } keys %$query;

    is_deeply(figures(report('forecast', %$query)->json),
              forecast_model($query->{calendar} // 'gregorian', $months,
                             records(%filter, state => 'open',
                                     active => 'true',
                                     type => 'opportunity')),
              'forecast: ' . join '&', map { "$_=$query->{$_}" }
                             sort keys %$query);
}

my @forecast = map { $_->{group}{value} } @{ report('forecast')->json->{data} };

is($forecast[0], 'overdue', 'what should have closed comes first');
is($forecast[-1], undef, 'what has no date comes last');
is(scalar @forecast, 8, 'and six months between');


# ---- activities ----------------------------------------------------------

my @acts = map { $crm->get('/activities', query => { state => $_,
                     limit => 1000 })->json->{data} }
           qw(overdue today planned done);

for my $lead (@open[ 200 .. 239 ]) {
    my $act = $crm->post("/leads/$lead/activities", {
        type_id  => any(1 .. 4),
        user_id  => any($crm->id, $sara->id, $ali->id, undef),
        due_date => any('2025-12-31', '2026-11-26', '2026-11-27',
                        '2026-11-28', '2027-03-01', $now),
    })->json;

    $crm->post("/activities/$act->{id}/done", {}) if rand() < 0.3;
}

sub acts_model {
    my ($field, %query) = @_;

    my %group;

    for my $state (qw(overdue today planned done)) {
        my $figure = $state eq 'today' ? 'planned' : $state;

        for my $act (@{ $crm->get('/activities', query => {
                            %query, state => $state, limit => 1000,
                        })->json->{data} }) {
            my $g = $group{ $act->{$field} // '' }
                    //= { done => 0, overdue => 0, planned => 0 };
            $g->{$figure}++;
        }
    }

    return \%group;
}

for my $query ({}, { user_id => $ali->id }, { user_id => 'none' },
               { type_id => '1,3' }, { due_date_from => '2026-11-27' },
               { due_date_from => '2026-01-01', due_date_to => '2026-11-28',
                 user_id => $crm->id . ',' . $sara->id }) {
    my $name = join '&', map { "$_=$query->{$_}" } sort keys %$query;

    is_deeply(figures(report('activities', group_by => 'user', %$query)->json),
              acts_model('user_id', %$query), "activities by user: $name");
    is_deeply(figures(report('activities', group_by => 'type', %$query)->json),
              acts_model('type_id', %$query), "activities by type: $name");
}

is_deeply([ sort keys %{ report('activities')->json->{data}[0] } ],
          [ sort qw(group done overdue planned) ], 'their members');
is_deeply(report('activities', due_date_from => '2026-01-02',
                 due_date_to => '2026-01-01')->json,
          { data => [], next_cursor => undef }, 'an empty span');


# ---- CSV -----------------------------------------------------------------

sub csv {
    my ($text) = @_;

    my @rows;

    while ($text =~ /\G((?:"(?:[^"]|"")*"|[^"\r\n,]*)(?:,(?:"(?:[^"]|"")*"|[^"\r\n,]*))*)\r\n/gc) {
        my $line = $1;
        my @cells;

        while ($line =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(?:,|\z)/gc) {
            my $cell = $1 // $2;
            $cell =~ s/""/"/g;
            push @cells, $cell;
            last if pos($line) == length $line && substr($line, -1) ne ',';
        }

        push @rows, \@cells;
    }

    return \@rows;
}

my %accept = (headers => { Accept => 'text/csv' });

$res = $boss->get('/reports/pipeline', query => { group_by => 'user' },
                  %accept);
$crm->status_ok($res, 200);
is($res->header('Content-Type'), 'text/csv; charset=utf-8; header=present',
   'as CSV');
is($res->header('Vary'), 'Accept', 'by Accept');

my $text = Mojo::Util::decode('UTF-8', $res->body);
my $rows = csv($text);

is_deeply($rows->[0], [qw(id name count expected_revenue weighted_revenue won
                          lost win_rate days_to_close)], 'a line of names');
like($text, qr/\r\n\z/, 'lines end in CR LF');

$json = report('pipeline', group_by => 'user')->json;

for my $i (0 .. $#{ $json->{data} }) {
    my %row = %{ $json->{data}[$i] };

    is_deeply($rows->[ $i + 1 ],
              [ map { $_ // '' } @{ $row{group} }{qw(id name)},
                @row{qw(count expected_revenue weighted_revenue won lost
                        win_rate days_to_close)} ], 'the same figures');
}

$crm->patch('/leads/' . $open[300 % @open], { user_id => $boss->id });
$text = Mojo::Util::decode('UTF-8', $boss->get('/reports/pipeline',
            query => { group_by => 'user' }, %accept)->body);
like($text, qr/,"'=Boss, ""the""",/, 'a formula is text, and quoted');

$text = $boss->get('/reports/pipeline', query => { group_by => 'source' },
                   %accept)->body;
like($text, qr/^value,count,/, 'groups by value');
like($text, qr/^'\@ad,/m, 'no formula either');
like($text, qr/^,\d/m, 'an empty cell for none');

like($boss->get("/reports/$_", %accept)->header('Content-Type'),
     qr{^text/csv}, "$_ as CSV") for qw(lost activities forecast);

for my $case (
    [ 'application/json, text/csv;q=0.5', 'application/json' ],
    [ 'text/csv;q=0.9, application/json;q=0.2',
      'text/csv; charset=utf-8; header=present' ],
    [ 'text/csv;q=0', 'application/json' ],
    [ '*/*', 'application/json' ],
    [ 'text/html, TEXT/CSV ;q=1.0, */*;q=0.1',
      'text/csv; charset=utf-8; header=present' ],
) {
    is($boss->get('/reports/lost', headers => { Accept => $case->[0] })
            ->header('Content-Type'), $case->[1], "Accept: $case->[0]");
}


# ---- tags of answers, HEAD -----------------------------------------------

$res = report('pipeline', group_by => 'team');

my $etag = $res->header('ETag');

like($etag, qr/^"\d+-[0-9a-f]{16}"\z/, 'a tag');
is($boss->get('/reports/pipeline', query => { group_by => 'team' },
              headers => { 'If-None-Match' => $etag })->status, 304,
   'unchanged');
is($boss->get('/reports/pipeline', query => { group_by => 'user' },
              headers => { 'If-None-Match' => $etag })->status, 200,
   'another question');
is($boss->get('/reports/pipeline', query => { group_by => 'team' },
              headers => { 'If-None-Match' => $etag, Accept => 'text/csv' })
       ->status, 200, 'another form');

# the same question of somebody else, to whom it has another answer

is($crm->get("/reports/$_", query => { user_id => 'me' },
             headers => { 'If-None-Match' =>
                          report($_, user_id => 'me')->header('ETag') })
       ->status, 200, "$_: another's tag")
    for qw(pipeline lost activities forecast);

my $head = $boss->head('/reports/pipeline', query => { group_by => 'team' });

is($head->status, 200, 'HEAD');
is($head->header('ETag'), $etag, 'its tag');
is($head->body, '', 'no body');

for my $which (qw(lost activities forecast)) {
    my $tag = report($which)->header('ETag');

    is($boss->get("/reports/$which",
                  headers => { 'If-None-Match' => $tag })->status, 304,
       "$which: unchanged");
}

$crm->patch("/leads/$open[250]", { expected_revenue => 77 });
is($boss->get('/reports/pipeline', query => { group_by => 'team' },
              headers => { 'If-None-Match' => $etag })->status, 200,
   'changed');


# ---- refusals ------------------------------------------------------------

for my $which (qw(pipeline lost activities forecast)) {
    $crm->problem_ok($sara->get("/reports/$which"), 403, 'forbidden', undef,
                     "$which: the manager's");
    $crm->problem_ok($gate->get("/reports/$which"), 403, 'forbidden', undef,
                     "$which: not the gateway's");
    is($boss->post("/reports/$which", {})->status, 405, "$which: GET alone");
    is($crm->get("/reports/$which", token => undef)->status, 401,
       "$which: nobody's");
}

for my $case (
    [ 'pipeline', { group_by => 'reason' } ],
    [ 'lost', { group_by => 'source' } ],
    [ 'activities', { group_by => 'team' } ],
    [ 'pipeline', { group_by => '' } ],
    [ 'pipeline', { calendar => 'lunar' } ],
    [ 'pipeline', { stage_id => 'x' } ],
    [ 'pipeline', { q => 'a' } ],
    [ 'forecast', { months => 0 } ],
    [ 'forecast', { months => 61 } ],
    [ 'forecast', { months => 'x' } ],
    [ 'activities', { due_date_from => 'x' } ],
) {
    my ($which, $query) = @$case;

    $crm->problem_ok(report($which, %$query), 400, 'invalid_parameter', undef,
                     "$which: " . join '=', %$query);
}

for my $case (
    [ 'pipeline', { limit => 5 } ],
    [ 'pipeline', { sort => 'id' } ],
    [ 'pipeline', { months => 6 } ],
    [ 'forecast', { group_by => 'month' } ],
    [ 'activities', { stage_id => 1 } ],
    [ 'pipeline', { groupby => 'stage' }, 'group_by' ],
    [ 'lost', { calender => 'jalali' }, 'calendar' ],
    [ 'lost', { team => 1 }, 'team_id' ],
    [ 'activities', { user => 1 }, 'user_id' ],
) {
    my ($which, $query, $nearest) = @$case;
    my $res = report($which, %$query);

    $crm->problem_ok($res, 400, 'unknown_parameter', undef,
                     "$which: " . join '=', %$query);
    like($res->json->{detail}, qr/"$nearest"/, "... $nearest is meant")
        if $nearest;
}

is($boss->get('/reports/pipeline?group_by=stage&group_by=team')->status, 400,
   'given twice');
is($boss->get('/reports/activities?group_by=user&group_by=type')->status, 400,
   'in every report');


# ---- what only the records know, of many: a job --------------------------

# the ids of the second part lie on both sides of 2^15, where chunks of bitmaps
# meet, and in several strings of rows

for my $part (1 .. 2) {
    $crm->redis('HSET', '{}tenant', 'id:lead', 32_300) if $part == 2;

    $res = $crm->post('/leads/batch', { operations => [
        map { { op => 'create', body => random_lead("$part.$_") } } 1 .. 800
    ] });
}

my $last = max map { $_->{id} // 0 } @{ $res->json->{results} };

cmp_ok($last, '>', 33_000, 'ids behind a gap');

same_ok('pipeline', 'tag', {}, 'tags across chunks');
same_ok('pipeline', 'tag', { created_at_from => '2026-09-01T00:00:00Z' },
        'tags behind a gap');
same_ok('pipeline', 'tag', { q => 'coffee', country => 'DE' },
        'tags of some strings');
same_ok('lost', 'user', {}, 'rows of several strings');
same_ok('pipeline', 'stage', { tag_id => $tags[2]{id} }, 'chosen by tag');

$res = report('pipeline', group_by => 'source', rotting => 'false');
$crm->status_ok($res, 202);
like($res->header('Location'), qr{^/crm/v1/jobs/\d+\z}, 'a job');
is($res->json->{kind}, 'report', 'of its kind');

my $job = $boss->wait_job($res)->json;

is($job->{state}, 'done', 'done');
is($job->{undo_until}, undef, 'nothing to take back');
is_deeply(figures($job->{result}),
          model('pipeline', 'source', undef, records(rotting => 'false')),
          'its result is the same body');
is_deeply([ sort keys %{ $job->{result} } ], [qw(data next_cursor)],
          'the whole of it');

same_ok('pipeline', 'tag', { rotting => 'false' }, 'by tag, too');
same_ok('lost', 'month', { activity_state => 'none', calendar => 'jalali' },
        'and what was lost');
same_ok('pipeline', 'stage', { rotting => 'false', team_id => $export->{id},
                               priority => 2, country => 'IR' },
        'few of many: at once');
is(report('pipeline', rotting => 'false', team_id => $export->{id},
          priority => 2, country => 'IR')->status, 200, '... indeed');

# the same condition for a bulk change

$res = $crm->post('/leads/bulk', { action => 'priority',
                                   filter => { rotting => 'false',
                                               active => 'any' },
                                   params => { priority => 1 } });
$crm->status_ok($res, 202);
is($crm->wait_job($res)->json->{state}, 'done', 'a bulk change by it');


$crm->check_clean;

done_testing;
