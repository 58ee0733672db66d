# What holds for every route: bodies, kinds of values, faults, methods, ETags,
# cross-origin requests, and that every error is a problem document.

use utf8;
use CRM::Test;
use CRM::Util qw(fault_list kind_of pick raw_parts whole);

use Mojo::JSON qw(encode_json);
use Mojo::Util qw(encode);

my $crm = CRM::Test->tenant;


sub lead {
    my (%fields) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', %fields });
    die $res->describe if $res->status != 201;

    return $res->json;
}


# one field of a lead: accepted, and as what it comes back

sub accepted {
    my ($field, $sent, $expected, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = $crm->post('/leads', { name => 'Lead', $field => $sent });

    return is_deeply([ $res->status, ref $res->json eq 'HASH'
                       ? $res->json->{$field} : undef ], [ 201, $expected ],
                     $name // "$field: " . encode_json($sent))
        || diag($res->describe);
}


sub refused {
    my ($field, $sent, $code, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return $crm->problem_ok(
        $crm->post('/leads', { name => 'Lead', $field => $sent }), 422,
        'validation', [[ $field, $code ]],
        $name // "$field: $code: " . substr(encode_json($sent), 0, 60)
    );
}


# the same with the JSON text as it is sent

sub refused_raw {
    my ($raw, $errors, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return $crm->problem_ok($crm->post('/leads', undef, raw => $raw), 422,
                            'validation', $errors, $name // $raw);
}


sub malformed {
    my ($raw, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return $crm->problem_ok($crm->post('/leads', undef, raw => $raw), 400,
                            'malformed_json', undef, "malformed: $name");
}


# ---- media types ---------------------------------------------------------

for my $type ('text/plain', 'application/x-www-form-urlencoded', 'text/json',
              'application/merge-patch+json', 'application/jsonp', 'json',
              'multipart/form-data; boundary=x', undef) {
    $crm->problem_ok($crm->post('/leads', undef, raw => '{"name":"x"}',
                                headers => { 'Content-Type' => $type }),
                     415, 'unsupported_media_type', undef,
                     '415: ' . ($type // 'no type'));
}

$crm->status_ok($crm->post('/leads', undef, raw => '{"name":"x"}',
                           headers => { 'Content-Type' => $_ }), 201, $_)
    for 'application/json; charset=utf-8', 'Application/JSON',
        'application/json;charset=UTF-8',
        'application/json; charset="utf-8"; x=y';

$crm->problem_ok($crm->post('/leads', undef, raw => '{"name":"x"}',
                            headers => { 'Content-Type' => $_ }), 415,
                 'unsupported_media_type', undef, $_)
    for 'application/json; charset=iso-8859-1',
        'application/json;x=y; charset=utf-16';

my $first = lead(name => 'First');

$crm->problem_ok($crm->patch("/leads/$first->{id}", undef, raw => '{}',
                             headers => { 'Content-Type' => 'text/plain' }),
                 415, 'unsupported_media_type', undef, 'PATCH as well');
$crm->problem_ok($crm->post("/leads/$first->{id}/won", undef, raw => '{}',
                            headers => { 'Content-Type' => 'text/plain' }),
                 415, 'unsupported_media_type', undef, 'an action as well');


# ---- malformed JSON ------------------------------------------------------

malformed('', 'nothing');
malformed(' ', 'a blank');
malformed('{', 'an open brace');
malformed('{"name":"x"', 'no end');
malformed('{"name":"x"}}', 'an end too many');
malformed('{"name":"x"} {}', 'two objects');
malformed('{"name":"x"} x', 'something behind it');
malformed('{"name":"x",}', 'a trailing comma');
malformed("{'name':'x'}", 'single quotes');
malformed('{name:"x"}', 'a bare name');
malformed('[]', 'an array on top');
malformed('[{"name":"x"}]', 'an array of objects');
malformed('"x"', 'a string on top');
malformed('1', 'a number on top');
malformed('null', 'null on top');
malformed('true', 'true on top');
malformed('{"name":"a","name":"b"}', 'a key twice');
malformed('{"name":"a","n\u0061me":"b"}', 'a key twice, once escaped');
malformed('{"name":"a","x":{"y":1,"y":1}}', 'a key twice below');
malformed("{\"name\":\"\xff\"}", 'no UTF-8');
malformed("{\"name\":\"\xc0\xaf\"}", 'an overlong form');
malformed("{\"name\":\"\xed\xa0\x80\"}", 'a surrogate in UTF-8');
malformed("{\"name\":\"\xf4\x90\x80\x80\"}", 'beyond Unicode');
malformed("{\"name\":\"\xd8\"}", 'half a character');
malformed('{"name":"\ud800"}', 'half a surrogate pair');
malformed('{"name":"\udc00\ud800"}', 'a pair the wrong way round');
malformed("{\"name\":\"a\0b\"}", 'NUL');
malformed('{"name":"a\u0000b"}', 'NUL, escaped');
malformed("{\"name\":\"a\"}\0", 'NUL behind it');
malformed("{\"na\0me\":\"a\"}", 'NUL in a key');
malformed('{"na\u0000me":"a"}', 'NUL in a key, escaped');
malformed("{\"name\":\"a\nb\"}", 'a bare line feed');
malformed('{"name":"\x41"}', 'an unknown escape');
malformed('{"priority":01}', 'a leading zero');
malformed('{"priority":+1}', 'a plus sign');
malformed('{"priority":.5}', 'no digit before the point');
malformed('{"priority":NaN}', 'NaN');
malformed('{"priority":Infinity}', 'Infinity');
malformed('{"name":"x" /* y */}', 'a comment');

malformed('{"x":' . '[' x 16 . ']' x 16 . '}', 'depth 17');
malformed('{"x":' . '{"x":' x 16 . '1' . '}' x 17, 'depth 17, objects');
malformed('{"x":' . '[' x 100_000 . ']' x 100_000 . '}', 'depth 100,001');
malformed('{"x":' . '[' x 100_000, 'depth 100,001, never closed');

refused_raw('{"name":"x","x":' . '[' x 15 . ']' x 15 . '}',
            [[ 'x', 'unknown_field' ]], 'depth 16 is well-formed');
refused_raw('{"name":"x","x":' . '{"x":' x 14 . '{}' . '}' x 15,
            [[ 'x', 'unknown_field' ]], 'depth 16, objects');
refused_raw('{"name":"x","x":"' . '[' x 50 . '"}',
            [[ 'x', 'unknown_field' ]], 'brackets in a string are none');
refused_raw('{"name":"x","x":"\\"' . '[' x 50 . '"}',
            [[ 'x', 'unknown_field' ]], 'nor behind an escaped quote');

$crm->problem_ok($crm->patch("/leads/$first->{id}", undef, raw => '[]'), 400,
                 'malformed_json', undef, 'PATCH: an array on top');
$crm->problem_ok($crm->post("/leads/$first->{id}/lost", undef, raw => '{'),
                 400, 'malformed_json', undef, 'an action: malformed');


# ---- faults --------------------------------------------------------------

$crm->problem_ok($crm->post('/leads', {}), 422, 'validation',
                 [[ 'name', 'required' ]]);
$crm->problem_ok($crm->post('/leads', { name => undef }), 422, 'validation',
                 [[ 'name', 'required' ]], 'null in a POST is absent');
$crm->problem_ok($crm->post('/leads', { name => '   ' }), 422, 'validation',
                 [[ 'name', 'required' ]], 'blanks are nothing');

$crm->problem_ok($crm->post('/leads', {
    nme => 1, 'x' x 200 => 1, priority => 4, expected_revenue => 'much',
    email => 'nobody', stage_id => 999_999, version => 7, color => -1,
    city => 'x' x 201,
}), 422, 'validation', [
    [ 'name', 'required' ], [ 'nme', 'unknown_field' ],
    [ 'x' x 200, 'unknown_field' ], [ 'priority', 'invalid' ],
    [ 'expected_revenue', 'invalid' ], [ 'email', 'invalid' ],
    [ 'stage_id', 'not_found' ], [ 'version', 'read_only' ],
    [ 'color', 'invalid' ], [ 'city', 'too_long' ],
], 'all faults at once');

my $problem = $crm->post('/leads', { email => 'x' });

is_deeply([ sort keys %{ $problem->json } ],
          [qw(code detail errors request_id status title type)],
          'members of a problem');
is($problem->json->{type}, '/problems/validation', 'type');
is(kind_of($problem->json->{status}), 'number', 'status is a number');
is_deeply([ map { join ' ', sort keys %$_ } @{ $problem->json->{errors} } ],
          [ ('code field message') x 2 ], 'members of a fault');
ok(!(grep { !length $_->{message} } @{ $problem->json->{errors} }),
   'each says what');

$crm->problem_ok($crm->post('/leads', { name => 'x', $_ => 1 }), 422,
                 'validation', [[ $_, 'unknown_field' ]], "unknown: $_")
    for 'Name', 'rank', 'card', 'stage', 'due', '__proto__', 'نام', '';

refused($_->[0], $_->[1], 'invalid', "$_->[0]: wrong type")
    for [ 'email', 1 ], [ 'email', [] ], [ 'priority', '1' ],
        [ 'priority', 1.5 ], [ 'priority', \1 ], [ 'priority', [1] ],
        [ 'stage_id', '1' ], [ 'stage_id', 1.5 ], [ 'stage_id', 0 ],
        [ 'stage_id', -1 ], [ 'tag_ids', 1 ], [ 'tag_ids', {} ],
        [ 'type', 'Lead' ], [ 'type', 1 ], [ 'probability_mode', 'none' ],
        [ 'expected_close', 20261123 ], [ 'description', {} ],
        [ 'country', 'Germany' ], [ 'country', 'ZZ' ], [ 'country', 49 ];

$crm->problem_ok($crm->post('/leads', { name => [] }), 422, 'validation',
                 [[ 'name', 'invalid' ]], 'a name of the wrong type');
$crm->problem_ok($crm->post('/leads', { name => 5 }), 422, 'validation',
                 [[ 'name', 'invalid' ]], 'a number as name');

refused($_, 999_999, 'not_found')
    for qw(stage_id team_id user_id contact_id);

like(join(', ', @{ fault_list($crm->post('/leads', {
         name => 'x', tag_ids => [999_999] })) }),
     qr/^tag_ids\S*: not_found\z/, 'a tag that is none');


# ---- null, read-only fields, merge patch ---------------------------------

my $nulls = $crm->post('/leads', {
    name => 'Nulls', email => undef, stage_id => undef, priority => undef,
    tag_ids => undef, user_id => undef, type => undef,
});

$crm->status_ok($nulls, 201);
is_deeply(pick($nulls->json, qw(email priority tag_ids user_id type)),
          { email => undef, priority => 0, tag_ids => [], user_id => undef,
            type => 'opportunity' },
          'null in a POST is absent, but for user_id');
ok($nulls->json->{stage_id}, 'a stage is found');

my $patched = lead(
    name => 'Patched', email => 'a@b.example', city => 'Bonn', priority => 2,
    expected_revenue => 5, expected_close => '2026-11-23',
    description => "one\ntwo",
);
my $at = "/leads/$patched->{id}";
my $res = $crm->patch($at, { email => undef, expected_revenue => undef,
                             expected_close => undef, description => undef });

$crm->status_ok($res, 200);
is_deeply(pick($res->json, qw(email expected_revenue expected_close
                              description city priority name version)),
          { email => undef, expected_revenue => undef, version => 2,
            expected_close => undef, description => undef, city => 'Bonn',
            priority => 2, name => 'Patched' },
          'null clears, what is not named stays');
$crm->problem_ok($crm->patch($at, { name => undef }), 422, 'validation',
                 [[ 'name', 'required' ]], 'null cannot clear what is needed');

$crm->problem_ok($crm->patch($at, { $_->[0] => $_->[1] }), 422, 'validation',
                 [[ $_->[0], 'read_only' ]], "read only: $_->[0]")
    for [ id => 999 ], [ version => 99 ], [ state => 'won' ],
        [ active => \0 ], [ created_at => '2020-01-01T00:00:00.000Z' ],
        [ updated_at => '2020-01-01T00:00:00.000Z' ], [ created_by => 999 ],
        [ updated_by => 999 ], [ merged_into => 1 ], [ rotting => \1 ],
        [ closed_at => '2020-01-01T00:00:00.000Z' ],
        [ activity_state => 'today' ], [ type => 'lead' ];

my $now = $crm->get($at)->json;

$res = $crm->patch($at, { %$now, city => 'Köln' });
$crm->status_ok($res, 200, 'a PATCH may repeat read-only values');
is_deeply(pick($res->json, qw(city version)), { city => 'Köln', version => 3 },
          'and change others');
$crm->problem_ok($crm->post('/leads', { name => 'x', $_->[0] => $_->[1] }),
                 422, 'validation', [[ $_->[0], 'read_only' ]],
                 "read only in a POST: $_->[0]")
    for [ id => 5 ], [ version => 1 ], [ state => 'open' ], [ active => \1 ];

$res = $crm->patch($at, {});
$crm->status_ok($res, 200, 'an empty patch');
is($res->json->{version}, 3, 'changes nothing');
is($crm->patch($at, { city => ' Köln ' })->json->{version}, 3,
   'nor do the values of before');


# ---- text ----------------------------------------------------------------

accepted('city', '  Bad  Homburg  ', 'Bad  Homburg', 'trimmed outside only');
accepted('name', 'ن' x 200, 'ن' x 200, '200 characters, not bytes');
accepted('name', '  ' . 'n' x 200 . '  ', 'n' x 200, 'trimmed, then counted');
accepted('name', '😀' x 200, '😀' x 200, 'characters, not halves of them');
accepted('city', "\x{200c}می\x{200c}خواهم", "\x{200c}می\x{200c}خواهم",
         'as sent');
accepted('description', 'x' x 65_536, 'x' x 65_536, 'long text of 64 KiB');
accepted('description', "a\n\tb", "a\n\tb", 'line feed and tab in long text');
accepted('name', '</script>"\\/', '</script>"\\/', 'what needs escaping');

refused('city', 'x' x 201, 'too_long', '201 characters');
$crm->problem_ok($crm->post('/leads', { name => 'ن' x 201 }), 422,
                 'validation', [[ 'name', 'too_long' ]], '201 in Persian');
refused('description', 'x' x 65_537, 'too_long', 'one over 64 KiB');

refused('city', "a${_}b", 'invalid', sprintf 'U+%04X in a city', ord)
    for "\n", "\t", "\r", "\x01", "\x1b", "\x1f", "\x7f", "\x85", "\x9f";
refused('description', "a${_}b", 'invalid', sprintf 'U+%04X in long text', ord)
    for "\r", "\x01", "\x0b", "\x1b", "\x7f", "\x85";


# ---- numbers -------------------------------------------------------------

accepted('expected_revenue', $_, $_)
    for 0, 1, -1, 1_000_000_000_000_000, -1_000_000_000_000_000;
refused('expected_revenue', $_, 'invalid')
    for 1_000_000_000_000_001, -1_000_000_000_000_001, 1.5, '10', \1, [];

# sums are exact 64-bit integers: what would not fit is refused, whole

my $fund = $crm->post('/leads', { name => 'Fund', expected_revenue => 7 });
my @sums = grep { defined $crm->redis('HGET', $_, 'r') }
           @{ $crm->redis('KEYS', '{}l:g:*') };

cmp_ok(scalar @sums, '>', 0, 'sums of revenue');

my %most = map { $_ => '9223372036854775800' - $crm->redis('HGET', $_, 'r') }
           @sums;

$crm->redis('HINCRBY', $_, 'r', $most{$_}) for @sums;

$crm->problem_ok($crm->post('/leads', { name => 'Too much',
                                        expected_revenue => 8 }),
                 409, 'sum_too_large', undef, 'one more than 64 bits');
$crm->problem_ok($crm->patch('/leads/' . $fund->json->{id},
                             { expected_revenue => 15 }),
                 409, 'sum_too_large', undef, 'a change');

my $batch = $crm->post('/leads/batch', { operations => [
    { op => 'create', body => { name => 'a', expected_revenue => 100 } },
    { op => 'create', body => { name => 'b' } },
] })->json;

is_deeply([ map { $_->{code} // $_->{status} } @{ $batch->{results} } ],
          [ 'sum_too_large', 201 ], 'in a batch one by one');

$crm->redis('HINCRBY', $_, 'r', "-$most{$_}") for @sums;

for my $number ('9223372036854775807', '9223372036854775808',
                '-9223372036854775809', '1e400', '-1e400', '9' x 400,
                '123456789012345678901234567890', '1e18', '0.1e1000') {
    refused_raw("{\"name\":\"x\",\"expected_revenue\":$number}",
                [[ 'expected_revenue', 'invalid' ]],
                'money: ' . substr $number, 0, 40);
    refused_raw("{\"name\":\"x\",\"stage_id\":$number}",
                $number eq '9223372036854775807'
                ? [[ 'stage_id', 'not_found' ]] : [[ 'stage_id', 'invalid' ]],
                'an id: ' . substr $number, 0, 40);
}

accepted('probability', $_, $_) for 0, 100, 50, 12.5, 33.33, 0.01, 99.99;
refused('probability', $_, 'invalid')
    for 33.333, -1, -0.01, 100.01, 101, '50', \1, 0.001;

my $precise = $crm->post('/leads', { name => 'x', probability => 0.07 });

like($precise->body, qr/"probability":0\.07[,}]/, 'written as it was meant');
like($crm->post('/leads', undef, raw => '{"name":"x","probability":29.10}')
     ->body, qr/"probability":29\.1[,}]/, 'without needless zeros');
accepted('priority', $_, $_) for 0 .. 3;
refused('priority', $_, 'invalid') for -1, 4;


# ---- dates and instants --------------------------------------------------

accepted('expected_close', $_, $_)
    for '2026-11-23', '2028-02-29', '2000-02-29', '1999-12-31';
refused('expected_close', $_, 'invalid')
    for '2026-02-29', '1900-02-29', '2026-13-01', '2026-00-10', '2026-04-31',
        '2026-1-1', '26-01-01', '2026-11-23T00:00:00Z', '23.11.2026',
        '2026/11/23', '20261123', 'tomorrow', '2026-11-23 ';

my $tokens = '/users/' . $crm->id . '/tokens';

my %instants = (
    '2036-11-23T14:26:00.000Z'         => '2036-11-23T14:26:00.000Z',
    '2036-11-23T14:26:00Z'             => '2036-11-23T14:26:00.000Z',
    '2036-11-23T14:26:00.5Z'           => '2036-11-23T14:26:00.500Z',
    '2036-11-23T14:26:00.123456Z'      => '2036-11-23T14:26:00.123Z',
    '2036-11-23T17:56:00+03:30'        => '2036-11-23T14:26:00.000Z',
    '2036-11-23T17:56:00.25+03:30'     => '2036-11-23T14:26:00.250Z',
    '2036-11-23T02:26:00-12:00'        => '2036-11-23T14:26:00.000Z',
    '2036-12-31T23:30:00-01:00'        => '2037-01-01T00:30:00.000Z',
    '2036-11-23T14:26:00+00:00'        => '2036-11-23T14:26:00.000Z',
    '2036-11-23T14:26:00-00:00'        => '2036-11-23T14:26:00.000Z',
    '2036-02-29T00:00:00Z'             => '2036-02-29T00:00:00.000Z',
);

for my $sent (sort keys %instants) {
    my $token = $crm->post($tokens, { expires_at => $sent });

    is($token->status == 201 ? $token->json->{expires_at} : $token->describe,
       $instants{$sent}, "instant $sent");
}

$crm->problem_ok($crm->post($tokens, { expires_at => $_ }), 422, 'validation',
                 [[ 'expires_at', 'invalid' ]], "no instant: '$_'")
    for '2036-11-23', '2036-11-23T14:26:00', '2036-11-23T14:26Z',
        '2036-11-23T14:26:00+0330', '2036-11-23T24:00:00Z',
        '2036-11-23T14:60:00Z', '2036-02-30T00:00:00Z',
        '2036-11-23T14:26:00.Z', '2036-11-23T14:26:00+25:00',
        '2036-11-23T14:26:00Zx', '1795443960', '';


# ---- e-mail addresses, phones, websites, countries -----------------------

accepted('email', $_, $_)
    for 'a@b.co', 'Ali.Reza+crm@Sub.Example.COM', '"a b"@example.com',
        'kunde@müller.example', 'کاربر@مثال.ایران', "o'neil\@example.com",
        'x' x 64 . '@example.com', 'user@[127.0.0.1]', 'user@[IPv6:::1]',
        'a@localhost';
accepted('email', '  a@b.example  ', 'a@b.example', 'an address, trimmed');

my $longest = 'x' x 64 . '@' . join '.', ('y' x 63) x 2, 'z' x 61;

is(length $longest, 254, 'the longest address of RFC 5321');
accepted('email', $longest, $longest, '... is one');
refused('email', $longest . 'z', 'too_long', '... and one character more');
refused('email', $_, 'invalid')
    for 'a', 'a@', '@b.example', 'a b@c.example', 'a@b@c.example',
        'a..b@c.example', '.a@c.example', 'a.@c.example', 'a@-b.example',
        'a@b..example', 'a@.example', 'a@b.example.', 'Ali <a@b.example>',
        'a@b.example, c@d.example', 'a@b_c.example', "a\@b.example\x{a0}x";
like(fault_list($crm->post('/leads', {
         name => 'x', email => 'x' x 65 . '@example.com' }))->[0] // '',
     qr/^email: (?:invalid|too_long)\z/, 'a local part of 65');

accepted('phone', $_, $_)
    for '+49 (0)30 123456-78', '۰۹۱۲ ۳۴۵ ۶۷۸۹', '0912-345 67 89';
accepted('phone', '  +98 21 1234 ', '+98 21 1234', 'a phone, trimmed');

accepted('website', $_, $_)
    for 'example.com', 'www.example.com/path?x=1#y', 'https://example.com',
        'http://example.com:8080/', 'https://مثال.ایران/صفحه';
refused('website', $_, 'invalid')
    for 'not a website', 'http://', 'javascript:alert(1)', '://x', 'http:///x';

accepted('country', $_, $_) for 'DE', 'IR';


# ---- methods -------------------------------------------------------------

sub allow_ok {
    my ($path, @methods) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = $crm->req('PUT', $path, { json => {} });

    $crm->problem_ok($res, 405, 'method_not_allowed', undef, "PUT $path");
    is_deeply([ sort grep { $_ ne 'OPTIONS' }
                split /\s*,\s*/, $res->header('Allow') // '' ],
              [ sort @methods ], "Allow of $path");
}

allow_ok('/leads', qw(GET HEAD POST));
allow_ok($at, qw(GET HEAD PATCH DELETE));
allow_ok("$at/won", qw(POST));
allow_ok("$at/move", qw(POST));
allow_ok("$at/messages", qw(GET HEAD POST));
allow_ok('/users', qw(GET HEAD POST));
allow_ok('/settings', qw(GET HEAD PATCH));
allow_ok('/board', qw(GET HEAD));
allow_ok('/me', qw(GET HEAD));
allow_ok('/stages/1', qw(GET HEAD PATCH DELETE));
allow_ok('/users/' . $crm->id, qw(GET HEAD PATCH));
allow_ok($tokens, qw(GET HEAD POST));

$crm->problem_ok($crm->req($_, '/leads'), 405, 'method_not_allowed', undef,
                 "$_ /leads")
    for qw(DELETE PATCH TRACE BREW OPTIONS PROPFIND);
$crm->problem_ok($crm->delete('/users/' . $crm->id), 405,
                 'method_not_allowed', undef, 'users are never deleted');

for my $path ('/leads', $at, '/board', '/me', '/settings', '/stages',
              '/users', "$at/messages", '/openapi.json') {
    my $get  = $crm->get($path);
    my $head = $crm->head($path);

    is_deeply([ $head->status, $head->body, $head->header('ETag') ],
              [ 200, '', $get->header('ETag') ], "HEAD $path");
    is($head->header('Content-Length') // length $get->body,
       length $get->body, "the length of $path");
}

is($crm->head('/leads/999999')->status, 404, 'HEAD of what is missing');
is($crm->head('/leads/999999')->body, '', 'has no body either');

$crm->problem_ok($crm->get($_), 404, 'not_found', undef, "404: $_")
    for '/', '', '/lead', '/leads/', '/leads/abc', '/leads/0', '/leads/-1',
        '/leads/01', '/leads/1.5', '/leads/1/', "$at/nothing",
        '/leads/9223372036854775808', '/leads/' . '9' x 100, '/LEADS',
        '/leads/1e3', '/leads/+1';


# ---- versions ------------------------------------------------------------

my $v = lead(name => 'Versioned');

$at = "/leads/$v->{id}";
$res = $crm->get($at);

my $etag = $res->header('ETag');

like($etag, qr/^(?:W\/)?"1(?:-[^"]+)?"\z/, 'ETag begins with the version');
is($crm->get('/stages/1')->header('ETag'), '"1"',
   'what has no part of its own has only that');
like($crm->post('/leads', { name => 'x' })->header('ETag'),
     qr/^(?:W\/)?"1(?:-[^"]+)?"\z/, 'POST has it too');

is($crm->get($at, headers => { 'If-None-Match' => $_ })->status, 304,
   "304: $_")
    for $etag, "W/$etag", "\"x\", $etag", "$etag, \"x\"", '*',
        "\"99\",W/$etag";
is($crm->get($at, headers => { 'If-None-Match' => $_ })->status, 200,
   "200: $_")
    for '"0"', '"99"', 'x', '""', '"1', substr($etag, 1, -1) . 'x';

my $same = $crm->get($at, headers => { 'If-None-Match' => $etag });

is($same->body, '', '304 has no body');
is($same->header('ETag'), $etag, 'but the ETag');
ok(length($same->header('X-Request-Id') // ''), 'and the request id');
is($crm->head($at, headers => { 'If-None-Match' => $etag })->status, 304,
   'HEAD can be a 304');

# gzip makes the tag weak; it must match all the same

my %gzip = ('Accept-Encoding' => 'gzip');
my $small = $crm->get($at, headers => \%gzip);

is($small->header('Content-Encoding'), 'gzip', 'compressed');
is($small->header('ETag'), "W/$etag", 'a weak tag');
is($crm->get($at, headers => { %gzip, 'If-None-Match' => "W/$etag" })->status,
   304, 'which matches');
is($crm->patch($at, {}, headers => { %gzip, 'If-Match' => "W/$etag" })->status,
   200, 'also for a write');

my $version = 1;

for my $match ('"1"', '"9", "2"', 'W/"3"', '*', '"5-0123456789abcdef"') {
    $res = $crm->patch($at, { city => "City $version" },
                       headers => { 'If-Match' => $match });
    $crm->status_ok($res, 200, "If-Match: $match");
    is($res->json->{version}, ++$version, "version $version");
}

is($crm->patch($at, { city => 'Tag of a GET' },
               headers => { 'If-Match' => $crm->get($at)->header('ETag') })
   ->status, 200, 'If-Match with the ETag of a GET');
$version++;

for my $match ('"1"', '"99"', 'W/"1"', '"1", "2"', '"x"', '"-1"', '""') {
    $crm->problem_ok($crm->patch($at, { city => 'Lost' },
                                 headers => { 'If-Match' => $match }),
                     412, 'precondition_failed', undef, "412: $match");
}

for my $action (qw(won lost archive)) {
    $crm->problem_ok($crm->post("$at/$action", {},
                                headers => { 'If-Match' => '"1"' }),
                     412, 'precondition_failed', undef, "412: $action");
}

$crm->problem_ok($crm->post("$at/move", { stage_id => 2 },
                            headers => { 'If-Match' => '"1"' }),
                 412, 'precondition_failed', undef, '412: move');
$crm->problem_ok($crm->delete($at, headers => { 'If-Match' => '"1"' }),
                 412, 'precondition_failed', undef, '412: DELETE');

$res = $crm->get($at);
is_deeply(pick($res->json, qw(version city state active)),
          { version => $version, city => 'Tag of a GET', state => 'open',
            active => 1 }, '412 wrote nothing');

$crm->problem_ok($crm->patch('/stages/1', { name => 'Lost' },
                             headers => { 'If-Match' => '"7"' }),
                 412, 'precondition_failed', undef, '412: a stage');
is($crm->get('/stages/1')->json->{name}, 'New', 'and it is as it was');
$crm->problem_ok($crm->patch('/settings', { locale => 'fa' },
                             headers => { 'If-Match' => '"7"' }),
                 412, 'precondition_failed', undef, '412: settings');
$crm->problem_ok($crm->patch('/leads/999999', { name => 'x' },
                             headers => { 'If-Match' => '*' }),
                 404, 'not_found', undef, 'what is missing is 404, not 412');
is($crm->post("$at/won", undef, headers => { 'If-Match' => "\"$version\"" })
   ->status, 200, 'an action with the right version');
is($crm->delete($at, headers => { 'If-Match' => '"' . ($version + 1) . '"' })
   ->status, 204, 'DELETE with the right version');


# ---- what nginx itself refuses -------------------------------------------

# over a plain socket: no client would send it

sub refused_by_nginx {
    my ($bytes, $status, $code, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $socket = $crm->server->socket;

    $socket->syswrite($bytes);

    my ($got, $headers, $body) = raw_parts(whole($socket));
    my $json = eval { Mojo::JSON::decode_json($body) } // {};

    is_deeply({ http => $got, type => $headers->{'content-type'},
                status => $json->{status}, code => $json->{code} },
              { http => $status, type => 'application/problem+json',
                status => $status, code => $code }, $name)
        || diag(substr $body, 0, 300);
    ok(length($json->{request_id} // ''), "$name: request_id");
    is($headers->{'x-request-id'}, $json->{request_id},
       "$name: X-Request-Id");
}

my $host = 'Host: ' . $crm->slug . ".localhost\r\n"
         . 'Authorization: Bearer ' . $crm->token . "\r\n"
         . "Connection: close\r\n";

refused_by_nginx('GET /crm/v1/leads?q=' . 'x' x 20_000 . " HTTP/1.1\r\n$host\r\n",
                 414, 'uri_too_long', 'a long URI');
refused_by_nginx("GET /crm/v1/leads HTTP/1.1\r\n${host}X: " . 'x' x 20_000
                 . "\r\n\r\n", 431, 'headers_too_large', 'a long header');
refused_by_nginx("POST /crm/v1/leads HTTP/1.1\r\n${host}Content-Length: 9000000"
                 . "\r\nContent-Type: application/json\r\n\r\n",
                 413, 'too_large', 'a long body');
refused_by_nginx("GET /crm/v1/leads HTTP/1.1\r\nConnection: close\r\n\r\n",
                 400, 'bad_request', 'no Host');
refused_by_nginx("POST /crm/v1/leads HTTP/1.1\r\n${host}Content-Length: x"
                 . "\r\n\r\n", 400, 'bad_request', 'a length that is none');
refused_by_nginx("GET /crm/v1/%zz HTTP/1.1\r\n$host\r\n",
                 400, 'bad_request', 'a broken escape in the path');
refused_by_nginx("POST /crm/v1/leads HTTP/1.1\r\n${host}"
                 . "Transfer-Encoding: gzip\r\n\r\n",
                 501, 'not_implemented', 'a transfer coding that is none');
refused_by_nginx("GET /crm/v1/leads HTTP/3.7\r\n$host\r\n",
                 505, 'http_version', 'another HTTP');
refused_by_nginx("GET /elsewhere HTTP/1.1\r\n$host\r\n",
                 404, 'not_found', 'outside the API');


# ---- cross-origin requests -----------------------------------------------

my $server = CRM::Test->private(
    workers => 1, location => 'crm_cors_origin https://app.example '
                              . 'http://localhost:5173;',
);
my $cors = CRM::Test->tenant(server => $server);

my %preflight = (
    Origin => 'https://app.example',
    'Access-Control-Request-Method'  => 'PATCH',
    'Access-Control-Request-Headers' => 'authorization,content-type,if-match',
);

$res = $cors->req('OPTIONS', '/leads/1', { token   => undef,
                                           headers => \%preflight });
is($res->status, 204, 'preflight, without a token');
is($res->header('Access-Control-Allow-Origin'), 'https://app.example',
   'the origin');
like($res->header('Access-Control-Allow-Methods'), qr/\b$_\b/, "allows $_")
    for qw(GET POST PATCH DELETE);
like(lc $res->header('Access-Control-Allow-Headers'), qr/(?:^|,\s*)$_(?:,|$)/,
     "allows $_")
    for qw(authorization content-type if-match if-none-match
           idempotency-key);
like($res->header('Access-Control-Max-Age'), qr/^\d+\z/, 'may be kept');

$res = $cors->get('/me', headers => { Origin => 'http://localhost:5173' });
$cors->status_ok($res, 200);
is($res->header('Access-Control-Allow-Origin'), 'http://localhost:5173',
   'a plain request');
like($res->header('Access-Control-Expose-Headers'), qr/\b$_\b/i, "shows $_")
    for qw(ETag Location X-Request-Id Idempotency-Replayed Retry-After);
like($res->header('Vary') // '', qr/\bOrigin\b/i, 'Vary');

$res = $cors->get('/me', token => 'bad',
                  headers => { Origin => 'https://app.example' });
is_deeply([ $res->status, $res->header('Access-Control-Allow-Origin') ],
          [ 401, 'https://app.example' ], 'an error can be read, too');

for my $origin ('https://evil.example', 'https://app.example.evil.example',
                'http://app.example', 'null', 'https://app.example:444') {
    $res = $cors->get('/me', headers => { Origin => $origin });
    is_deeply([ $res->status, $res->header('Access-Control-Allow-Origin') ],
              [ 200, undef ], "another origin: $origin");
    is($cors->req('OPTIONS', '/leads', {
           headers => { %preflight, Origin => $origin } })
       ->header('Access-Control-Allow-Origin'), undef, 'nor its preflight');
}

is($crm->get('/me', headers => { Origin => 'https://app.example' })
   ->header('Access-Control-Allow-Origin'), undef,
   'none where none is configured');


# ---- parameters that nobody knows ------------------------------------------

# the bodies are wrong and most records absent: the parameter comes first

my %other = map { $_ => 1 }
            '/calendar',            # needs others, which are missed first
            '/calendar.ics',        # a token of its own
            '/mail/inbound';        # another role

my ($paths, @ignored) = $crm->get('/openapi.json')->json->{paths};

for my $path (grep { !$other{$_} } sort keys %$paths) {
    for my $method (grep { /^(?:get|post|patch|delete)\z/ }
                    sort keys %{ $paths->{$path} }) {

        $res = $crm->req(uc $method, ($path =~ s/\{\w+\}/1/gr) . '?nobody=1',
                         $method =~ /^p/ ? { json => {} } : {});

        push @ignored, "$method $path: " . $res->describe
            if $res->status != 400
               || $res->json->{code} ne 'unknown_parameter';
    }
}

cmp_ok(scalar keys %$paths, '>', 50, 'every path');
is_deeply(\@ignored, [], 'no route ignores a parameter');


$cors->check_clean;
$crm->check_clean;
done_testing;
