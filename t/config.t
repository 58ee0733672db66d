# What a tenant sets up: settings, users, teams, stages, lost reasons, tags,
# activity types, duplicate rules; and what a new tenant finds.

use utf8;
use CRM::Test;
use CRM::Util qw(fault_list ids kind_of pick $INSTANT);

use Mojo::JSON qw(true);

my $crm = CRM::Test->tenant;
my $common = 'created_at id updated_at version';


# the objects of a list, some members of each

sub listed {
    my ($path, @names) = @_;

    return [ map { pick($_, @names) } @{ $crm->get($path)->json->{data} } ];
}


sub invalid {
    my ($path, $fields, $errors, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($method, $where) = $path =~ /^(PATCH|POST) (.*)/;

    return $crm->problem_ok($crm->req($method, $where, { json => $fields }),
                            422, 'validation', $errors, $name);
}


sub in_use {
    my ($path, $counts, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = $crm->delete($path);

    $crm->problem_ok($res, 409, 'in_use', undef, $name);
    is_deeply($res->json->{counts}, $counts, "$name: counts");
}


# Created, read, listed, changed, deleted; the members are exactly these.

sub life {
    my ($path, $sent, $expected, $patch) = @_;

    my $res = $crm->post($path, $sent);
    my $made = $res->json;

    $crm->status_ok($res, 201, "POST $path");
    is($res->header('Location'), "/crm/v1$path/$made->{id}", 'Location');
    is($res->header('ETag'), '"1"', 'ETag');
    is_deeply([ sort keys %$made ],
              [ sort keys %$expected, split / /, $common ], 'members');
    is_deeply(pick($made, keys %$expected), $expected, 'values');
    is($made->{version}, 1, 'version 1');
    like($made->{$_}, $INSTANT, $_) for qw(created_at updated_at);

    my $at = "$path/$made->{id}";

    is_deeply($crm->get($at)->json, $made, "GET $at");
    like($crm->get($at)->header('ETag'), qr/^"1(?:-[^"]+)?"\z/,
         'ETag of GET');
    is_deeply([ grep { $_->{id} == $made->{id} }
                @{ $crm->get($path)->json->{data} } ], [$made], 'in the list');

    $res = $crm->patch($at, $patch);
    $crm->status_ok($res, 200, "PATCH $at");
    is_deeply(pick($res->json, keys %$expected), { %$expected, %$patch },
              'what was sent has changed');
    is($res->json->{version}, 2, 'version 2');
    is($res->header('ETag'), '"2"', 'its ETag');
    is_deeply($crm->get($at)->json, $res->json, 'and is stored');

    is($crm->patch($at, $patch)->json->{version}, 2,
       'the same again is no change');
    invalid("PATCH $at", { name => undef }, [[ 'name', 'required' ]],
            'no name');
    invalid("POST $path", { %$sent, name => undef, nope => 1 },
            [[ 'name', 'required' ], [ 'nope', 'unknown_field' ]], 'faults');

    $res = $crm->delete($at);
    $crm->status_ok($res, 204, "DELETE $at");
    is($res->body, '', 'no body');
    $crm->problem_ok($crm->get($at), 404, 'not_found', undef, 'gone');
    $crm->problem_ok($crm->patch($at, {}), 404, 'not_found');
    $crm->problem_ok($crm->delete($at), 404, 'not_found');
    is((grep { $_->{id} == $made->{id} } @{ $crm->get($path)->json->{data} }),
       0, 'not listed any more');

    my $next = $crm->post($path, { %$sent, name => 'Next' })->json;

    cmp_ok($next->{id}, '>', $made->{id}, 'its id is not used again');
    $crm->status_ok($crm->delete("$path/$next->{id}"), 204);
}


# ---- what a new tenant has -----------------------------------------------

is_deeply(listed('/stages', qw(name sequence probability is_won fold team_id
                               requirements rotting_days)), [
    { name => 'New', sequence => 10, probability => 10, is_won => 0,
      fold => 0, team_id => undef, requirements => undef,
      rotting_days => 0 },
    { name => 'Qualified', sequence => 20, probability => 30, is_won => 0,
      fold => 0, team_id => undef, requirements => undef,
      rotting_days => 0 },
    { name => 'Proposition', sequence => 30, probability => 60, is_won => 0,
      fold => 0, team_id => undef, requirements => undef,
      rotting_days => 0 },
    { name => 'Won', sequence => 40, probability => 100, is_won => 1,
      fold => 0, team_id => undef, requirements => undef,
      rotting_days => 0 },
], 'stages');

my $types = $crm->get('/activity-types')->json->{data};
my %type  = map { $_->{name} => $_ } @$types;

is_deeply(listed('/activity-types', qw(name category chaining active)), [
    { name => 'Call', category => 'call', chaining => 'suggest',
      active => 1 },
    { name => 'Email', category => 'email', chaining => 'none',
      active => 1 },
    { name => 'Meeting', category => 'meeting', chaining => 'none',
      active => 1 },
    { name => 'To do', category => 'todo', chaining => 'none', active => 1 },
], 'activity types');
is_deeply($type{Call}{next_type_ids}, [ $type{Email}{id} ],
          'Call suggests Email');
is_deeply(pick($type{'To do'}, qw(delay_count delay_unit delay_from
                                  next_type_ids next_type_id icon)),
          { delay_count => 0, delay_unit => 'days',
            delay_from => 'completion', next_type_ids => [],
            next_type_id => undef, icon => undef }, 'their defaults');

is_deeply(listed('/lost-reasons', qw(name active used)), [
    map { { name => $_, active => 1, used => 0 } }
        'Too expensive', 'No budget', 'Competitor', 'No answer'
], 'lost reasons');

is_deeply(listed('/teams', qw(name color user_id alias alias_policy use_leads
                              use_opportunities active)), [
    { name => 'Sales', color => 0, user_id => undef, alias => undef,
      alias_policy => 'everyone', use_leads => 1, use_opportunities => 1,
      active => 1 },
], 'teams');

is_deeply(listed('/duplicate-rules',
                 qw(name field pattern replacement exclude_pattern
                    exclude_free_mail confidence active)), [
    { name => 'Same e-mail', field => 'email',
      pattern => '^([^@+]+)(?:\+[^@]*)?(@.+)$', replacement => '$1$2',
      exclude_pattern => undef, exclude_free_mail => 0, confidence => 95,
      active => 1 },
    { name => 'Same phone', field => 'phone', pattern => '\d{7,9}$',
      replacement => '$0', exclude_pattern => undef, exclude_free_mail => 0,
      confidence => 85, active => 1 },
    { name => 'Same e-mail domain', field => 'email',
      pattern => '^[^@]+@(.+)$', replacement => '$1',
      exclude_pattern => undef, exclude_free_mail => 1, confidence => 40,
      active => 1 },
    { name => 'Same company', field => 'company_name',
      pattern => '^(?:شرکت )?(.+?)(?: (?:ltd|gmbh|inc|llc|co|corp|sa|ag|bv'
                 . '|plc|srl))*$', replacement => '$1',
      exclude_pattern => undef, exclude_free_mail => 0, confidence => 50,
      active => 1 },
    { name => 'Same website', field => 'website', pattern => '^.+$',
      replacement => '$0', exclude_pattern => undef, exclude_free_mail => 0,
      confidence => 60, active => 1 },
], 'duplicate rules');

is_deeply(listed('/users', qw(name email role active timezone color)), [
    { name => 'Admin', email => 'admin@tests.example', role => 'admin',
      active => 1, timezone => 'UTC', color => undef },
], 'users');
is_deeply($crm->get("/$_")->json->{data}, [], $_) for qw(tags contacts leads);

my $kinds = $crm->get('/stages/1')->json;

is(join(' ', map { kind_of($kinds->{$_}) }
        qw(id version name sequence is_won fold team_id probability)),
   'number number string number boolean boolean null number', 'JSON types');


# ---- settings ------------------------------------------------------------

my $settings = $crm->get('/settings');

$crm->status_ok($settings, 200);
is($settings->header('ETag'), '"1"', 'ETag');
is_deeply([ sort keys %{ $settings->json } ],
          [ sort qw(company_name currency timezone locale use_leads
                    free_mail_domains), split / /, $common ], 'members');
is_deeply(pick($settings->json, qw(company_name currency timezone locale
                                   use_leads free_mail_domains)), {
    company_name => 'Tests', currency => 'EUR', timezone => 'UTC',
    locale => 'en', use_leads => 0, free_mail_domains => [
        qw(gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com
           msn.com icloud.com aol.com gmx.de gmx.net web.de mail.ru yandex.ru
           proton.me protonmail.com chmail.ir mailfa.com) ],
}, 'settings');

my $res = $crm->patch('/settings', {
    company_name => 'شرکت آزمون', timezone => 'Asia/Tehran', locale => 'fa',
    use_leads => \1, currency => 'IRR',
    free_mail_domains => [ 'gmail.com', 'example.com' ],
});

$crm->status_ok($res, 200);
is_deeply(pick($res->json, qw(company_name timezone locale use_leads currency
                              free_mail_domains version)),
          { company_name => 'شرکت آزمون', timezone => 'Asia/Tehran',
            locale => 'fa', use_leads => 1, currency => 'IRR', version => 2,
            free_mail_domains => [ 'gmail.com', 'example.com' ] }, 'changed');
is_deeply(pick($crm->get('/me')->json->{tenant}, qw(company_name currency
                                                    timezone use_leads)),
          { company_name => 'شرکت آزمون', currency => 'IRR',
            timezone => 'Asia/Tehran', use_leads => 1 }, '/me shows it');

invalid('PATCH /settings', { $_->[0] => $_->[1] }, [[ $_->[0], $_->[2] ]],
        "$_->[0]: $_->[2]")
    for [ currency => 'XYZ', 'invalid' ], [ currency => 'euro', 'invalid' ],
        [ currency => undef, 'required' ], [ currency => 978, 'invalid' ],
        [ timezone => 'Mars/Base', 'invalid' ],
        [ timezone => '../../etc/passwd', 'invalid' ],
        [ timezone => undef, 'required' ], [ locale => '!!', 'invalid' ],
        [ locale => '', 'required' ], [ use_leads => 'yes', 'invalid' ],
        [ use_leads => 1, 'invalid' ], [ company_name => '', 'required' ],
        [ company_name => 'x' x 201, 'too_long' ],
        [ free_mail_domains => 'gmail.com', 'invalid' ],
        [ version => 99, 'read_only' ], [ slug => 'x', 'unknown_field' ];
$crm->problem_ok($crm->delete('/settings'), 405, 'method_not_allowed');

# the currency, once there are amounts

my $free = $crm->post('/leads', { name => 'No amount' })->json->{id};

$crm->status_ok($crm->patch('/settings', { currency => 'EUR' }), 200,
                'no amount, any currency');
$crm->status_ok($crm->patch("/leads/$free", { expected_revenue => 100 }), 200);
$crm->problem_ok($crm->patch('/settings', { currency => 'USD' }), 409,
                 'currency_in_use');
$crm->status_ok($crm->patch('/settings', { currency => 'EUR' }), 200,
                'its own currency is no change');
$crm->status_ok($crm->patch("/leads/$free", { expected_revenue => undef }),
                200);
$crm->status_ok($crm->patch('/settings', { currency => 'USD' }), 200,
                'the amount is gone');
$crm->status_ok($crm->patch("/leads/$free", { recurring_revenue => 100 }),
                200);
$crm->problem_ok($crm->patch('/settings', { currency => 'EUR' }), 409,
                 'currency_in_use', undef, 'what recurs is an amount, too');
$crm->status_ok($crm->post("/leads/$free/archive"), 200);
$crm->problem_ok($crm->patch('/settings', { currency => 'EUR' }), 409,
                 'currency_in_use', undef, '... of an archived record');
$crm->status_ok($crm->patch("/leads/$free", { recurring_revenue => undef }),
                200);
$crm->status_ok($crm->patch('/settings', { currency => 'EUR' }), 200,
                'that is gone, too');
$crm->status_ok($crm->patch('/settings', { currency => 'USD' }), 200);


# ---- users ---------------------------------------------------------------

$res = $crm->post('/users', { name => 'بهار', role => 'salesperson',
                              email => ' Bahar@Tests.Example ' });

$crm->status_ok($res, 201);

my $bahar = $res->json;

is_deeply(pick($bahar, qw(name email role active timezone color version)),
          { name => 'بهار', email => 'Bahar@Tests.Example',
            role => 'salesperson', active => 1, timezone => 'Asia/Tehran',
            color => undef, version => 1 }, 'defaults of a user');
is($res->header('Location'), "/crm/v1/users/$bahar->{id}", 'Location');
is_deeply($crm->get("/users/$bahar->{id}")->json, $bahar, 'GET');

invalid('POST /users', {}, [ map { [ $_, 'required' ] } qw(name email role) ],
        'all that is needed');
invalid('POST /users', { name => 'x', role => 'salesperson', email => $_ },
        [[ 'email', 'taken' ]], "taken: $_")
    for 'bahar@tests.example', 'BAHAR@TESTS.EXAMPLE', 'admin@tests.example';
invalid("PATCH /users/$bahar->{id}", { email => 'ADMIN@tests.example' },
        [[ 'email', 'taken' ]], 'taken in a PATCH');
$crm->status_ok($crm->patch("/users/$bahar->{id}",
                            { email => 'BAHAR@tests.example' }), 200,
                'not by oneself');
invalid("PATCH /users/$bahar->{id}", { $_->[0] => $_->[1] },
        [[ $_->[0], 'invalid' ]], "$_->[0]: invalid")
    for [ role => 'boss' ], [ email => 'nobody' ], [ timezone => 'Mars' ],
        [ active => 0 ], [ color => -1 ];

$crm->status_ok($crm->patch("/users/$bahar->{id}", { active => \0 }), 200);
is_deeply(listed('/users', 'name'), [ { name => 'Admin' } ],
          'an inactive user leaves the list');
is_deeply(ids($crm->get('/users', query => { active => 'false' })),
          [ $bahar->{id} ], 'active=false');
is_deeply(ids($crm->get('/users', query => { active => 'any' })),
          [ $crm->id, $bahar->{id} ], 'active=any');
is($crm->get("/users/$bahar->{id}")->status, 200, 'and is still there');

# the last admin cannot lock themself out

my $self = '/users/' . $crm->id;

$crm->problem_ok($crm->patch($self, { role => 'manager' }), 409,
                 'last_admin');
$crm->problem_ok($crm->patch($self, { active => \0 }), 409, 'last_admin');
$crm->status_ok($crm->patch($self, { name => 'Boss' }), 200,
                'but change their name');

my $second = $crm->user(name => 'Second', role => 'admin');

$crm->status_ok($second->patch($self, { role => 'manager' }), 200,
                'with a second one');
$crm->problem_ok($second->patch('/users/' . $second->id, { active => \0 }),
                 409, 'last_admin', undef, 'who is the last then');
$crm->problem_ok($crm->patch($self, { role => 'admin' }), 403, 'forbidden',
                 undef, 'nobody raises themself');
$crm->status_ok($second->patch($self, { role => 'admin' }), 200);
$crm->status_ok($second->patch('/users/' . $second->id, { active => \0 }),
                200, 'an inactive admin');
$crm->problem_ok($crm->patch($self, { role => 'manager' }), 409,
                 'last_admin', undef, 'does not count');


# ---- teams ---------------------------------------------------------------

life('/teams', { name => 'Export', sequence => 15 }, {
    name => 'Export', color => 0, user_id => undef, member_ids => [],
    alias => undef, alias_policy => 'everyone', use_leads => 1,
    use_opportunities => 1, active => 1, sequence => 15,
}, { color => 11, user_id => $crm->id, member_ids => [ $crm->id ],
     alias => 'export', alias_policy => 'contacts', sequence => 5 });

my $team = $crm->post('/teams', { name => 'Mail', alias => 'Info' })->json;

is($team->{alias}, 'Info', 'an alias, as sent') if $team->{alias} ne 'info';
invalid('POST /teams', { name => 'x', alias => $_ }, [[ 'alias', 'taken' ]],
        "taken: $_") for 'info', 'INFO', 'Info';
invalid('POST /teams', { name => 'x', alias => $_ }, [[ 'alias', 'invalid' ]],
        "no alias: $_") for 'info@example.com', 'a b', 'a..b', '@';
invalid("PATCH /teams/$team->{id}", { $_->[0] => $_->[1] },
        [[ $_->[0], $_->[2] ]], "$_->[0]: $_->[2]")
    for [ color => 12, 'invalid' ], [ color => -1, 'invalid' ],
        [ color => '1', 'invalid' ], [ user_id => 999_999, 'not_found' ],
        [ alias_policy => 'nobody', 'invalid' ],
        [ member_ids => 'all', 'invalid' ], [ active => 'no', 'invalid' ],
        [ sequence => 1.5, 'invalid' ];
like(join(' ', @{ fault_list($crm->patch("/teams/$team->{id}",
                                         { member_ids => [ 1, 999_999 ] })) }),
     qr/^member_ids\S*: not_found\z/, 'a member who is none');
$crm->status_ok($crm->patch("/teams/$team->{id}",
                            { member_ids => [ $bahar->{id}, $crm->id ] }), 200);
is_deeply([ sort { $a <=> $b }
            @{ $crm->get("/teams/$team->{id}")->json->{member_ids} } ],
          [ $crm->id, $bahar->{id} ], 'members');

my $stage = $crm->post('/stages', { name => 'Own', team_id => $team->{id},
                                    sequence => 15 })->json;

in_use("/teams/$team->{id}", { stages => 1 }, 'a team with a stage');
$crm->post('/leads', { name => 'Of it', team_id => $team->{id} });
in_use("/teams/$team->{id}", { stages => 1, leads => 1 },
       'a team with a stage and a lead');
$crm->status_ok($crm->patch("/teams/$team->{id}", { active => \0 }), 200,
                'archived instead');
ok(!(grep { $_ == $team->{id} } @{ ids($crm->get('/teams')) }),
   'leaves the list');
is_deeply(ids($crm->get('/teams', query => { active => 'false' })),
          [ $team->{id} ], 'active=false');
$crm->status_ok($crm->patch("/teams/$team->{id}", { active => \1 }), 200);


# ---- stages --------------------------------------------------------------

life('/stages', { name => 'Talks', sequence => 25 }, {
    name => 'Talks', sequence => 25, probability => 0, is_won => 0,
    fold => 0, team_id => undef, requirements => undef, rotting_days => 0,
}, { sequence => 35, probability => 33.33, fold => true,
     requirements => "one\ntwo", rotting_days => 14 });

is_deeply([ map { $_->{name} } @{ listed('/stages', 'name') } ],
          [ 'New', 'Own', 'Qualified', 'Proposition', 'Won' ],
          'in order of sequence');
is_deeply(listed('/stages?sort=-sequence&limit=1', 'name'),
          [ { name => 'Won' } ], 'or the other way round');
invalid("PATCH /stages/$stage->{id}", { $_->[0] => $_->[1] },
        [[ $_->[0], $_->[2] ]], "$_->[0]: $_->[2]")
    for [ probability => 100.5, 'invalid' ], [ probability => 5.555, 'invalid' ],
        [ probability => '5', 'invalid' ], [ is_won => 'yes', 'invalid' ],
        [ team_id => 999_999, 'not_found' ], [ rotting_days => -1, 'invalid' ],
        [ requirements => 'x' x 65_537, 'too_long' ], [ active => \0,
                                                        'unknown_field' ];
in_use("/stages/$stage->{id}", { leads => 1 }, 'a stage with a lead')
    if $crm->get('/leads', query => { stage_id => $stage->{id},
                                      total => 'true' })->json->{total};

my $here = $crm->post('/leads', { name => 'Here', stage_id => 3 })->json->{id};

in_use('/stages/3', { leads => 1 }, 'a stage with a lead');
$crm->post("/leads/$here/lost");
in_use('/stages/3', { leads => 1 }, 'also a lost one');
$crm->delete("/leads/$here");
$crm->status_ok($crm->delete('/stages/3'), 204, 'none any more');


# ---- lost reasons and tags -----------------------------------------------

life('/lost-reasons', { name => 'Too late' },
     { name => 'Too late', active => 1, used => 0 }, { name => 'Much too late' });
life('/tags', { name => 'VIP' }, { name => 'VIP', color => undef },
     { name => 'V.I.P.', color => 3 });

my %same = (
    'Café'                  => [ 'CAFE', "cafe\x{301}", ' café ', 'ＣＡＦＥ' ],
    'Straße'                => [ 'STRASSE', 'straße' ],
    'کیفیت'                 => [ "\x{643}\x{64a}\x{641}\x{64a}\x{62a}" ],
    "می\x{200c}خواهد"       => [ 'می خواهد', 'می  خواهد' ],
    'بند ۱۲'                => [ 'بند 12', "بند \x{661}\x{662}" ],
);

for my $path ('/tags', '/lost-reasons') {
    for my $name (sort keys %same) {
        my $made = $crm->post($path, { name => $name });

        $crm->status_ok($made, 201, "$path: $name");
        is($made->json->{name}, $name, 'comes back as sent');
        invalid("POST $path", { name => $_ }, [[ 'name', 'taken' ]],
                "taken: $_") for $name, @{ $same{$name} };
        $crm->status_ok($crm->patch("$path/" . $made->json->{id},
                                    { name => $same{$name}[0] }), 200,
                        'not by itself');
    }

    my $another = $crm->post($path, { name => 'Another' })->json->{id};

    invalid("PATCH $path/$another", { name => 'cafe' }, [[ 'name', 'taken' ]],
            'taken in a PATCH');
    $crm->status_ok($crm->delete("$path/$another"), 204);
    $crm->status_ok($crm->post($path, { name => 'ANOTHER' }), 201,
                    'free after the deletion');
}

my $tag = $crm->post('/tags', { name => 'Used' })->json->{id};
my $tagged = $crm->post('/leads', { name => 'x', tag_ids => [$tag] })
             ->json->{id};
my $who = $crm->post('/contacts', { name => 'x', tag_ids => [$tag] })
          ->json->{id};

in_use("/tags/$tag", { leads => 1, contacts => 1 }, 'a tag of a lead');
$crm->status_ok($crm->patch("/leads/$tagged", { tag_ids => [] }), 200);
in_use("/tags/$tag", { contacts => 1 }, 'a tag of a contact');
$crm->status_ok($crm->delete("/contacts/$who"), 204);
$crm->status_ok($crm->delete("/tags/$tag"), 204, 'a tag of nobody');

my $reason = $crm->post('/lost-reasons', { name => 'Moved away' })
             ->json->{id};
my @lost = map { $crm->post('/leads', { name => "Lost $_" })->json->{id} }
           1 .. 2;

$crm->status_ok($crm->post("/leads/$_/lost", { lost_reason_id => $reason }),
                200) for @lost;
is($crm->get("/lost-reasons/$reason")->json->{used}, 2, 'used twice');
is((grep { $_->{id} == $reason && $_->{used} == 2 }
    @{ $crm->get('/lost-reasons')->json->{data} }), 1, 'in the list, too');
is($crm->get("/lost-reasons/$reason")->json->{version}, 1,
   'use is no change of its own');
in_use("/lost-reasons/$reason", { leads => 2 }, 'a reason in use');
invalid("PATCH /lost-reasons/$reason", { used => 0 },
        [[ 'used', 'read_only' ]], 'used is counted');
$crm->status_ok($crm->post("/leads/$_/restore"), 200) for @lost;
is($crm->get("/lost-reasons/$reason")->json->{used}, 0, 'not any more');

$crm->status_ok($crm->patch("/lost-reasons/$reason", { active => \0 }), 200);
ok(!(grep { $_ == $reason } @{ ids($crm->get('/lost-reasons')) }),
   'archived: out of the list');
is_deeply(ids($crm->get('/lost-reasons', query => { active => 'false' })),
          [$reason], 'active=false');
ok((grep { $_ == $reason } @{ ids($crm->get('/lost-reasons',
                                            query => { active => 'any' })) }),
   'active=any');
invalid('POST /lost-reasons', { name => 'moved AWAY' },
        [[ 'name', 'taken' ]], 'its name stays taken');
$crm->status_ok($crm->delete("/lost-reasons/$reason"), 204);


# ---- activity types ------------------------------------------------------

life('/activity-types', { name => 'Visit' }, {
    name => 'Visit', category => 'todo', icon => undef, color => undef,
    delay_count => 0, delay_unit => 'days', delay_from => 'completion',
    chaining => 'none', next_type_ids => [], next_type_id => undef,
    default_summary => undef, default_note => undef,
    default_user_id => undef, active => 1,
}, { category => 'meeting', icon => 'car', color => 2, delay_count => 3,
     delay_unit => 'weeks', delay_from => 'deadline', chaining => 'suggest',
     next_type_ids => [ $type{Call}{id}, $type{Email}{id} ],
     default_summary => 'Go there', default_note => "a\nb",
     default_user_id => $crm->id });

invalid('POST /activity-types', { name => 'x', $_->[0] => $_->[1] },
        [[ $_->[0], $_->[2] ]], "$_->[0]: $_->[2]")
    for [ category => 'party', 'invalid' ], [ delay_unit => 'years', 'invalid' ],
        [ delay_from => 'now', 'invalid' ], [ chaining => 'always', 'invalid' ],
        [ delay_count => -1, 'invalid' ], [ delay_count => 1.5, 'invalid' ],
        [ next_type_id => 999_999, 'not_found' ],
        [ default_user_id => 999_999, 'not_found' ];
in_use("/activity-types/$type{Email}{id}", { activity_types => 1 },
       'a type that another suggests');
$crm->status_ok($crm->patch("/activity-types/$type{Call}{id}",
                            { chaining => 'none', next_type_ids => [] }), 200);
$crm->status_ok($crm->delete("/activity-types/$type{Email}{id}"), 204);


# ---- duplicate rules -----------------------------------------------------

my $health = $crm->get('/duplicate-rules')->json->{data}[0]{health};

life('/duplicate-rules', { name => 'Same name', field => 'contact_name',
                           pattern => '^.+$' }, {
    name => 'Same name', field => 'contact_name', pattern => '^.+$',
    replacement => '$0', exclude_pattern => undef, exclude_free_mail => 0,
    confidence => 50, active => 1, health => $health,
}, { pattern => '^(\w+) (\w+)$', replacement => '$2 $1', confidence => 100,
     exclude_pattern => '^test' });

invalid('POST /duplicate-rules', {},
        [ map { [ $_, 'required' ] } qw(name field pattern) ],
        'all that is needed');

my %rule = (name => 'x', field => 'email', pattern => '^.+$');

invalid('POST /duplicate-rules', { %rule, $_->[0] => $_->[1] },
        [[ $_->[0], $_->[2] ]], "$_->[0]: $_->[2]: $_->[1]")
    for [ field => 'name', 'invalid' ], [ confidence => 0, 'invalid' ],
        [ confidence => 101, 'invalid' ], [ confidence => '50', 'invalid' ],
        [ health => 'good', 'read_only' ], [ pattern => '(', 'invalid' ],
        [ pattern => '[', 'invalid' ], [ pattern => 'a{2,1}', 'invalid' ],
        [ pattern => '(?<n', 'invalid' ], [ pattern => '\\', 'invalid' ],
        [ pattern => '(*UTF8)a', 'invalid' ], [ pattern => '*', 'invalid' ],
        [ exclude_pattern => '(', 'invalid' ], [ pattern => '\C', 'invalid' ],
        [ pattern => '', 'required' ];

my $bad = $crm->post('/duplicate-rules', { %rule, pattern => 'abc(def' });

like($bad->json->{errors}[0]{message}, qr/missing closing parenthesis/,
     "PCRE2's message");
like($bad->json->{errors}[0]{message}, qr/\b7\b/, 'and the offset');

my $archived = $crm->post('/duplicate-rules', \%rule)->json->{id};

$crm->status_ok($crm->patch("/duplicate-rules/$archived", { active => \0 }),
                200);
ok(!(grep { $_ == $archived } @{ ids($crm->get('/duplicate-rules')) }),
   'an archived rule leaves the list');

$crm->check_clean;
done_testing;
