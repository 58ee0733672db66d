# The calendar as a list and as a feed for calendar programs.

use utf8;
use CRM::Test;
use CRM::Util qw(ids);

use Encode qw(encode_utf8);
use File::Basename qw(dirname);
use IPC::Open2 qw(open2);
use Mojo::JSON qw(decode_json);
use POSIX qw(strftime);

my $crm = CRM::Test->tenant(timezone => 'Asia/Tehran',
                            company_name => 'شرکت آزمون');
my $ann = $crm->user;
my $bob = $crm->user;

my %type = map { $_->{name} => $_->{id} }
           @{ $crm->get('/activity-types')->json->{data} };

my $mine = $crm->post('/leads', { name => 'Admin only',
                                  user_id => $crm->id })->json->{id};
my $free = $crm->post('/leads', { name => 'بهار؛ سفارش', user_id => undef })
               ->json->{id};


sub activity {
    my ($who, $lead, %fields) = @_;

    my $res = $who->post("/leads/$lead/activities",
                         { type_id => $type{Meeting}, %fields });

    die 'activity: ' . $res->describe . "\n" if $res->status != 201;

    return $res->json->{id};
}


sub meeting {
    my ($who, $lead, $start, $end, %fields) = @_;

    return activity($who, $lead, start_at => $start, end_at => $end, %fields);
}


sub calendar {
    my ($who, $from, $to, %query) = @_;

    return $who->get('/calendar', query => { from => $from, to => $to,
                                             %query });
}


# ---- the list ------------------------------------------------------------

my $long = meeting($crm, $free, '2027-03-01T10:00:00Z',
                   '2027-04-01T10:00:00Z', user_id => $ann->id);
my $short = meeting($crm, $free, '2027-03-20T10:00:00Z',
                    '2027-03-20T11:00:00Z', user_id => $ann->id);
my $hidden = meeting($crm, $mine, '2027-03-20T10:30:00Z',
                     '2027-03-20T12:00:00Z');
my $day = activity($crm, $free, due_date => '2027-03-21', user_id => $ann->id);
my $call = activity($crm, $free, type_id => $type{Call},
                due_date => '2027-03-20', user_id => $ann->id);
my $gone = meeting($crm, $free, '2027-03-20T10:10:00Z',
                   '2027-03-20T11:10:00Z', user_id => $ann->id);

$crm->status_ok($crm->post("/activities/$gone/cancel"), 200);

my @spring = ('2027-03-20T00:00:00Z', '2027-03-22T00:00:00Z');
my $res = calendar($crm, @spring);

$crm->status_ok($res, 200);
is_deeply(ids($res), [ $long, $short, $hidden, $day ],
          'what overlaps, by start, cancelled ones and calls apart');
is($res->json->{next_cursor}, undef, 'all of it');
is($res->json->{data}[1]{start_at}, '2027-03-20T10:00:00.000Z',
   'an activity as everywhere');
is($res->json->{data}[3]{start_at}, undef, 'all day');

is_deeply(ids(calendar($crm, '2027-04-01T09:59:59Z',
                       '2027-04-02T00:00:00Z')), [$long],
          'began 31 days before');
is_deeply(ids(calendar($crm, '2027-04-01T10:00:00Z',
                       '2027-04-02T00:00:00Z')), [], 'and ended');
is_deeply(ids(calendar($crm, '2027-02-01T00:00:00Z',
                       '2027-03-01T10:00:00Z')), [], 'not begun');
is_deeply(ids(calendar($crm, '2027-02-01T00:00:00Z',
                       '2027-03-01T10:00:00.001Z')), [$long], 'begun');

# 21 March in Tehran is 20:30 UTC of the 20th to 20:30 of the 21st

is_deeply(ids(calendar($ann, '2027-03-20T20:29:59.999Z',
                       '2027-03-20T20:30:00Z')), [$long], 'the day before');
is_deeply(ids(calendar($ann, '2027-03-20T20:30:00Z',
                       '2027-03-20T20:30:01Z')), [ $long, $day ],
          'all day where the assignee is');
is_deeply(ids(calendar($ann, '2027-03-21T20:30:00Z',
                       '2027-03-21T20:30:01Z')), [$long], 'the day after');

is_deeply(ids(calendar($ann, @spring)), [ $long, $short, $day ],
          'a salesperson: what they may see');
is_deeply(ids(calendar($crm, @spring, user_id => 'me')), [$hidden],
          'user_id');
is_deeply(ids(calendar($crm, @spring, user_id => $bob->id)), [], 'of another');

my $team = $crm->post('/teams', { name => 'Export' })->json->{id};

is_deeply(ids(calendar($crm, @spring, team_id => $team)), [], 'team_id');
is_deeply([ sort { $a <=> $b } @{ ids(calendar($crm, @spring,
                                               team_id => $_)) } ],
          [ sort { $a <=> $b } $long, $short, $hidden, $day ],
          "team $_ of the leads")
    for map { $_, "$_,$team", "none,$_" }
            $crm->get("/leads/$free")->json->{team_id};
is_deeply(ids(calendar($crm, @spring, team_id => "none,$team")), [],
          'no lead without a team');

for my $limit (1 .. 4) {
    my (@all, $cursor);

    do {
        my $page = calendar($crm, @spring, limit => $limit,
                            $cursor ? (cursor => $cursor) : ());

        push @all, @{ ids($page) };
        $cursor = $page->json->{next_cursor};
    } while $cursor && @all < 10;

    is_deeply(\@all, [ $long, $short, $hidden, $day ], "pages of $limit");
}

is(calendar($crm, @spring, total => 'true')->json->{total}, 4, 'total');
is_deeply([ sort keys %{ calendar($crm, @spring, fields => 'start_at')
                             ->json->{data}[0] } ],
          [qw(id start_at)], 'fields');

$crm->problem_ok($crm->get('/calendar', query => $_->[0]), 400, $_->[1],
                 undef, join ' ', 'calendar', %{ $_->[0] })
    for [ {}, 'invalid_parameter' ],
        [ { from => $spring[0] }, 'invalid_parameter' ],
        [ { from => $spring[1], to => $spring[0] }, 'invalid_parameter' ],
        [ { from => $spring[0], to => $spring[0] }, 'invalid_parameter' ],
        [ { from => '2027-01-01T00:00:00Z', to => '2028-02-06T00:00:00Z' },
          'invalid_parameter' ],
        [ { from => '2027-01-01', to => $spring[1] }, 'invalid_parameter' ],
        [ { from => $spring[0], to => $spring[1], team_id => 'x' },
          'invalid_parameter' ],
        [ { from => $spring[0], to => $spring[1], cursor => 'x' },
          'invalid_cursor' ],
        [ { from => $spring[0], to => $spring[1], users => 1 },
          'unknown_parameter' ];
$crm->status_ok(calendar($crm, '2027-01-01T00:00:00Z',
                         '2028-02-05T00:00:00Z'), 200, '400 days');


# more on one day, and of several types, than is read of each at a time

my $busy  = CRM::Test->tenant;
my $visit = $busy->post('/activity-types', { name => 'Visit',
                                             category => 'meeting' })
                ->json->{id};
my @leads = map { $_->{id} } @{ $busy->post('/leads/batch', {
    operations => [ map { { op => 'create', body => { name => "Lead $_" } } }
                    1 .. 600 ] })->json->{results} };

for my $type_id ($type{Meeting}, $visit) {
    $busy->status_ok($busy->post('/leads/bulk', {
        action => 'schedule_activity', ids => \@leads,
        params => { type_id => $type_id, due_date => '2027-03-21' } }), 200);
}

for my $limit (7, 900, 1000) {
    my (@all, $cursor, $pages);

    do {
        my $page = calendar($busy, @spring, limit => $limit,
                            $cursor ? (cursor => $cursor) : ())->json;

        push @all, map { $_->{id} } @{ $page->{data} // [] };
        $cursor = $page->{next_cursor};
    } while $cursor && ++$pages < 200;

    is_deeply(\@all, [ 1 .. 1200 ], "1200 meetings of one day by $limit");
}

# a page ends where it is large

my $visited = $busy->post('/leads', { name => 'Notes' })->json->{id};
my @notes = map {
    meeting($busy, $visited, "2027-05-01T10:00:00Z", "2027-05-01T10:30:00Z",
            note => 'x' x 65_000)
} 1 .. 120;

{
    my (@all, $cursor, $largest);

    do {
        my $page = calendar($busy, '2027-05-01T00:00:00Z',
                            '2027-05-02T00:00:00Z', limit => 1000,
                            $cursor ? (cursor => $cursor) : ());

        push @all, map { $_->{id} } @{ $page->json->{data} // [] };
        $largest = @{ $page->json->{data} // [] } if !$cursor;
        $cursor = $page->json->{next_cursor};
    } while $cursor && @all < 200;

    cmp_ok($largest, '<', 110, 'a page of long notes is shorter');
    is_deeply(\@all, \@notes, '... and goes on');
}

$busy->check_clean;


# ---- the token -----------------------------------------------------------

$res = $ann->post('/me/calendar-token');
$crm->status_ok($res, 201);
is($res->header('Cache-Control'), 'no-store', 'kept by nobody');

my $token = $res->json->{token};

is_deeply([ keys %{ $res->json } ], ['token'], 'the token');
like($token, qr/^[\w-]{43,}\z/, 'of 256 bits');


sub feed {
    my ($token, %options) = @_;

    return $crm->get('/calendar.ics', query => { token => $token },
                     token => undef, %options);
}


$crm->status_ok(feed($token), 200, 'opens the feed without a header');
$crm->problem_ok($crm->get("/$_", token => $token), 401, 'unauthorized',
                 undef, "not /$_")
    for qw(me leads calendar calendar.ics);
$crm->problem_ok(feed($_), 401, 'unauthorized', undef, 'a bad token')
    for 'x', '', $ann->token, "$token ";
$crm->problem_ok($crm->get('/calendar.ics'), 401, 'unauthorized', undef,
                 'a bearer token is none');
is(feed('x')->header('WWW-Authenticate'), 'Bearer', 'WWW-Authenticate');
$crm->problem_ok($crm->get('/calendar.ics', query => { token => $token,
                                                       user_id => 1 }),
                 400, 'unknown_parameter');
$crm->problem_ok(CRM::Test->tenant->get('/calendar.ics',
                                        query => { token => $token }),
                 401, 'unauthorized', undef, 'another tenant');


# ---- the feed ------------------------------------------------------------

sub parsed {
    my ($res) = @_;

    my $pid = open2(my $from, my $to, '/usr/bin/python3',
                    dirname(__FILE__) . '/lib/ical2json.py');

    binmode $_ for $from, $to;
    print {$to} $res->body;
    close $to;

    my $json = do { local $/; <$from> };

    waitpid $pid, 0;
    is($?, 0, 'a parser that is not libical reads it');

    return $? ? {} : decode_json($json);
}


sub events {
    my ($token) = @_;

    return map { $_->{UID} =~ /^activity-(\d+)\@/ ? ($1 => $_) : () }
           @{ parsed(feed($token))->{events} };
}


$res = feed($token);
is($res->header('Content-Type'), 'text/calendar; charset=utf-8', 'type');
is($res->header('Cache-Control'), 'private', 'Cache-Control');
unlike($res->body, qr/[^\r]\n/, 'lines end in CR LF');

my $all = parsed($res);

is($all->{calendar}{VERSION}, '2.0', 'VERSION');
is($all->{calendar}{'X-WR-CALNAME'}, 'شرکت آزمون', 'name of the calendar');
is_deeply($all->{others}, [], 'events and nothing else');

my %event = map { $_->{UID} =~ /(\d+)\@/ ? ($1 => $_) : () }
            @{ $all->{events} };

is_deeply([ sort { $a <=> $b } keys %event ],
          [ sort { $a <=> $b } $long, $short, $day, $call, $gone ],
          'what is assigned to the user');
is($event{$short}{SUMMARY}, 'Meeting: بهار؛ سفارش', 'type and record');
is($event{$short}{DTSTART}, '2027-03-20T10:00:00+00:00', 'start in UTC');
is($event{$short}{DTEND}, '2027-03-20T11:00:00+00:00', 'end');
is($event{$short}{SEQUENCE}, 0, 'SEQUENCE');
is($event{$short}{STATUS}, 'CONFIRMED', 'STATUS');
is($event{$day}{DTSTART}, '2027-03-21', 'all day');
is($event{$call}{DTSTART}, '2027-03-20', 'what is due');
is($event{$gone}{STATUS}, 'CANCELLED', 'cancelled');
is($event{$gone}{SEQUENCE}, 1, 'its SEQUENCE');
like($res->body, qr/^DTSTART:20270320T100000Z\r$/m, 'as RFC 5545 has it');
like($res->body, qr/^DTSTART;VALUE=DATE:20270321\r$/m, 'a date');


# changes, texts, folding

my $note = "سطر یک، دو؛ سه\nکاما, نقطه‌ویرگول; و \\ و \"نقل\"\n\n"
         . 'دیدار با مشتری در تهران ' x 30;
$note =~ s/\s+\z//;

my $moved = $crm->patch("/activities/$short", {
    summary => 'Demo; part 1, hall \\ "A"', note => $note,
    start_at => '2027-03-20T12:00:00+03:30',
    end_at => '2027-03-20T13:00:00+03:30',
})->json;

$res = feed($token);
%event = events($token);

is($event{$short}{DESCRIPTION}, $note, 'Persian text comes back whole');
is($event{$short}{SUMMARY}, 'Demo; part 1, hall \\ "A": بهار؛ سفارش',
   'summary and record');
is($event{$short}{SEQUENCE}, 1, 'SEQUENCE follows the version');
is($event{$short}{DTSTART}, '2027-03-20T08:30:00+00:00', 'moved');
(my $updated = $moved->{updated_at}) =~ s/\.\d+Z$/+00:00/;
is($event{$short}{'LAST-MODIFIED'}, $updated, 'LAST-MODIFIED');
is($event{$short}{DTSTAMP}, $updated, 'DTSTAMP');

is(scalar(grep { length > 75 } split /\r\n/, $res->body), 0,
   'no line is longer than 75 bytes');
is(scalar(grep { !utf8::decode(my $copy = $_) } split /\r\n/, $res->body),
   0, 'no character is cut');


# what no program can show

my @never = map { activity($crm, $free, due_date => $_, user_id => $ann->id) }
            '0001-01-01', '9999-12-31', '3000-01-01';

push @never, meeting($crm, $free, '9999-12-01T10:00:00Z',
                     '9999-12-01T11:00:00Z', user_id => $ann->id);

is(scalar(grep { exists { events($token) }->{$_} } @never), 0,
   'nothing of other ages');
unlike(feed($token)->body, qr/^DT(?:START|END)[^:]*:0000/m, 'nor of none');
$crm->status_ok($crm->delete("/activities/$_"), 204) for @never;


# a tag of what it says

my $tag = $res->header('ETag');

like($tag, qr/^"[^"]+"$/, 'ETag');
is(feed($token)->header('ETag'), $tag, 'the same while nothing changes');

$res = feed($token, headers => { 'If-None-Match' => $tag });
is($res->status, 304, 'not modified');
is($res->body, '', 'nothing in it');

$crm->post("/leads/$free/messages", { body => 'No matter' });
is(feed($token, headers => { 'If-None-Match' => $tag })->status, 304,
   'what is not in the feed does not matter');

$crm->status_ok($crm->post("/activities/$call/done"), 200);
$res = feed($token, headers => { 'If-None-Match' => $tag });
is($res->status, 200, 'what is in it does');
is($crm->head('/calendar.ics', query => { token => $token },
              token => undef)->status, 200, 'HEAD');

%event = events($token);
ok(!$event{$call}, 'a call that is done is gone');

$crm->status_ok($crm->post("/activities/$short/done"), 200);
%event = events($token);
ok(!$event{$short} || $event{$short}{STATUS} eq 'CONFIRMED',
   'a meeting that took place stays');
ok($event{$short}, 'for a while');

# a name is for who may see the record

my $foreign = meeting($crm, $mine, '2027-05-01T10:00:00Z',
                      '2027-05-01T11:00:00Z', user_id => $ann->id);

%event = events($token);
is($event{$foreign}{SUMMARY}, 'Meeting', "another's lead is not named");


# ---- its end -------------------------------------------------------------

my $second = $ann->post('/me/calendar-token')->json->{token};

isnt($second, $token, 'a new one');
$crm->problem_ok(feed($token), 401, 'unauthorized', undef,
                 'replaces the old one');
$crm->status_ok(feed($second), 200);

my $other = $bob->post('/me/calendar-token')->json->{token};

$crm->status_ok($ann->delete('/me/calendar-token'), 204);
$crm->problem_ok(feed($second), 401, 'unauthorized', undef, 'revoked');
$crm->problem_ok($ann->delete('/me/calendar-token'), 404, 'not_found');
$crm->status_ok(feed($other), 200, "another's is another's");

my @key = (headers => { 'Idempotency-Key' => "token-$$" });
my $once = $ann->post('/me/calendar-token', {}, @key)->json->{token};

is($ann->post('/me/calendar-token', {}, @key)->json->{token}, $once,
   'repeated, it is the same token');
$crm->status_ok(feed($once), 200, 'and a good one');

$crm->status_ok($crm->patch('/users/' . $bob->id, { active => \0 }), 200);
$crm->problem_ok(feed($other), 401, 'unauthorized', undef,
                 'a user who is not active');

my $slug = $crm->slug;

$crm->status_ok($crm->operator('PATCH', "/tenants/$slug",
                               { suspended => \1 }), 200);
$crm->problem_ok(feed($once), 403, 'tenant_suspended');
$crm->status_ok($crm->operator('PATCH', "/tenants/$slug",
                               { suspended => \0 }), 200);
$crm->status_ok(feed($once), 200);


# ---- logs ----------------------------------------------------------------

for my $file (map { dirname(__FILE__) . "/../conf/$_" }
              'production.conf', 'quickstart/nginx.conf')
{
    open my $fh, '<', $file or die "$file: $!\n";
    my $text = do { local $/; <$fh> };

    my ($pattern) = $text =~ /map \$request_uri \$crm_log_uri \{.*?"~(.*?)" /s;
    my ($format) = $text =~ /log_format crm (.*?);/s;

    unlike($format, qr/\$(?:request|request_uri|args|query_string)\b/,
           "$file: no query as it came");

    for my $uri ("/crm/v1/calendar.ics?token=$once",
                 "/crm/v1/calendar.ics?a=1&token=$once",
                 "/crm/v1/calendar.ics?%74oken=$once")
    {
        like($uri, qr/$pattern/, "$file: a token is cut off");
    }
}

$crm->check_clean;

done_testing;
