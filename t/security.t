# Who may what, on every route.
#
# The routes come from openapi.json and from the operator's table: one without
# a rule below fails.  Routes of the contract that are not built yet wait here.

use utf8;
use CRM::Test;
use CRM::Util qw(instant);

use Time::HiRes qw(sleep);

my $crm    = CRM::Test->tenant;
my $other  = CRM::Test->tenant;
my $server = $crm->server;

my $MISSING = 999_999;


# ---- the rules -----------------------------------------------------------

# method and path: the lowest role (api.md, section 1, "Roles"), and what it
# gets for a broken body and for ids that nobody has: 400 for what takes a
# body, 404 for an id, 200 for a list, or what stands here.

my %RULES;

rule(salesperson => 'GET', $_), rule(salesperson => 'GET', "$_/{id}")
    for qw(/leads /contacts /activities /users /teams /stages /lost-reasons
           /tags /activity-types /activity-plans /duplicate-rules /orders);

rule(salesperson => 'POST', $_), rule(salesperson => 'PATCH', "$_/{id}")
    for qw(/leads /contacts /activities /orders);

rule(manager => 'DELETE', "$_/{id}") for qw(/leads /contacts);
rule(salesperson => 'DELETE', "$_/{id}") for qw(/activities /orders);

rule(manager => 'POST', $_), rule(manager => 'PATCH', "$_/{id}"),
rule(manager => 'DELETE', "$_/{id}")
    for qw(/lost-reasons /tags);

rule(admin => 'POST', $_), rule(admin => 'PATCH', "$_/{id}")
    for qw(/users /teams /stages /activity-types /activity-plans
           /duplicate-rules);

rule(admin => 'DELETE', "$_/{id}")
    for qw(/teams /stages /activity-types /activity-plans /duplicate-rules);

rule(manager => 'POST', '/lost-reasons/{id}/merge');

rule(salesperson => 'POST', "/leads/{id}/$_")
    for qw(move won lost restore archive messages activities convert unmerge);
rule(salesperson => 'GET', "/leads/{id}/$_")
    for qw(messages activities conversion duplicates);
rule(salesperson => 'POST', "/leads/$_") for qw(batch bulk merge);
rule(salesperson => 'POST', '/leads/{id}/activity-plans/{plan_id}');

rule(salesperson => 'POST', '/contacts/{id}/activities');
rule(salesperson => 'GET', '/contacts/{id}/activities');
rule(salesperson => 'POST', "/activities/{id}/$_") for qw(done cancel);
rule(salesperson => 'GET', '/activities/summary');

rule(salesperson => 'GET', $_) for qw(/board /settings /me /teams/dashboard);
rule(admin => 'PATCH', '/settings');

rule(admin => 'GET', '/users/{id}/tokens');
rule(admin => 'POST', '/users/{id}/tokens');
rule(admin => 'DELETE', '/users/{id}/tokens/{token_id}');

rule(salesperson => 'GET', '/calendar', 400);       # needs a span
rule(salesperson => 'POST', '/me/calendar-token');
rule(salesperson => 'DELETE', '/me/calendar-token', 404);    # has none
rule(public => 'GET', '/calendar.ics', 401);        # has a token of its own
rule(public => 'GET', '/openapi.json');

rule(salesperson => 'GET', '/jobs/{id}');
rule(salesperson => 'POST', "/jobs/{id}/$_") for qw(cancel undo);

rule(salesperson => 'GET', '/duplicates');
rule(salesperson => 'POST', "/duplicates/$_") for qw(check dismiss);
rule(admin => 'POST', '/duplicate-rules/test');

rule(salesperson => 'POST', "/orders/{id}/$_") for qw(send confirm cancel reset);
rule(salesperson => 'GET', '/leads/{id}/orders');
rule(salesperson => 'POST', '/leads/{id}/orders');
rule(manager => 'GET', '/teams/{id}/dashboard');

rule(manager => 'GET', "/reports/$_") for qw(pipeline lost activities);
rule(manager => 'GET', '/reports/forecast');

rule(mail_gateway => 'POST', '/mail/inbound', 400);    # no recipient

my %OPERATOR = map { $_ => 1 } (
    'GET /metrics', 'GET /tenants', 'POST /tenants', 'GET /tenants/{slug}',
    'PATCH /tenants/{slug}', 'DELETE /tenants/{slug}',
    'POST /tenants/{slug}/tokens', 'POST /tenants/{slug}/check',
    'GET /jobs/{id}',
);
my %OPERATOR_PUBLIC = map { $_ => 1 } ('GET /health/live', 'GET /health/ready');


sub rule {
    my ($role, $method, $path, $status) = @_;

    $RULES{"$method $path"} = {
        role => $role, method => $method, path => $path,
        status => $status // ($method =~ /^P/        ? 400
                              : $path =~ /\{/        ? 404 : 200),
    };
}


# ---- the callers ---------------------------------------------------------

my %LEVEL = (salesperson => 1, manager => 2, admin => 3);

my %caller = map { $_ => $crm->user(name => $_, role => $_) }
             qw(salesperson manager admin mail_gateway);

sub token_of {
    my ($user, %fields) = @_;

    my $res = $crm->post('/users/' . $user->id . '/tokens', \%fields);
    die $res->describe if $res->status != 201;

    return $res->json;
}

my $revoked = token_of($caller{admin}, name => 'revoked');
my $expired = token_of($caller{admin}, expires_at => instant(1));
my $leaver  = $crm->user(name => 'Leaver', role => 'admin');

$crm->status_ok($crm->get('/me', token => $_), 200, 'was good')
    for $revoked->{token}, $expired->{token}, $leaver->token;

$crm->status_ok($crm->delete('/users/' . $caller{admin}->id
                             . "/tokens/$revoked->{id}"), 204);
$crm->status_ok($crm->patch('/users/' . $leaver->id, { active => \0 }), 200);

# not of one of the callers above, who have none: DELETE is 404

my $calendar = $crm->post('/me/calendar-token')->json->{token};

sleep 1.1;

my %bad = (
    'no token'               => undef,
    'an empty one'           => '',
    'a wrong one'            => 'x' x 43,
    "another tenant's"       => $other->token,
    'an expired one'         => $expired->{token},
    'a revoked one'          => $revoked->{token},
    'a calendar token'       => $calendar,
    "an inactive user's"     => $leaver->token,
    "the operator's key"     => $server->key,
);


# ---- every route, every caller -------------------------------------------

my $doc = $crm->get('/openapi.json', token => undef)->json;
my @routes;

for my $path (sort keys %{ $doc->{paths} }) {
    push @routes, map { [ uc, $path ] }
                  grep { $_ ne 'parameters' }
                  sort keys %{ $doc->{paths}{$path} };
}

cmp_ok(scalar @routes, '>', 80, scalar(@routes) . ' routes');

my @unruled = grep { !$RULES{$_} } map { "@$_" } @routes;

is(join("\n", map { "$_: give it a rule(LOWEST_ROLE => METHOD, PATH) at the "
                    . "head of t/security.t" } @unruled), '',
   'every route has a rule');


# a request for the route that changes nothing, whoever sends it

sub harmless {
    my ($rule, $token, $method) = @_;

    my $path = $rule->{path} =~ s/\{\w+\}/$MISSING/gr;

    return [ $method // $rule->{method}, $path, {
        token => $token,
        $rule->{method} =~ /^P/ ? (raw => '{') : (),
    } ];
}


sub expected {
    my ($rule, $role) = @_;

    return $rule->{status} if $rule->{role} eq 'public';
    return $role eq $rule->{role} ? $rule->{status} : 403
        if $role eq 'mail_gateway' || $rule->{role} eq 'mail_gateway';
    return $LEVEL{$role} >= $LEVEL{ $rule->{role} } ? $rule->{status} : 403;
}


sub in_slices {
    my ($client, @requests) = @_;

    my @answers;

    while (my @some = splice @requests, 0, 40) {
        push @answers, $client->concurrently(@some);
    }

    return @answers;
}


my @ruled = map { $RULES{"@$_"} // () } @routes;

for my $role (sort keys %caller) {
    my $token = $caller{$role}->token;
    my @got = in_slices($crm, map { harmless($_, $token) } @ruled);

    for my $n (0 .. $#ruled) {
        my ($rule, $res) = ($ruled[$n], $got[$n]);
        my $name = "$role: $rule->{method} $rule->{path}";
        my $status = expected($rule, $role);

        if ($status == 403) {
            $crm->problem_ok($res, 403, 'forbidden', undef, $name);
        } else {
            $crm->status_ok($res, $status, $name);
        }
    }
}

for my $name (sort keys %bad) {
    my @asked = grep { $_->{role} ne 'public' } @ruled;
    my @got = in_slices($crm, map { harmless($_, $bad{$name}) } @asked);
    my @wrong = map { "$asked[$_]{method} $asked[$_]{path}: "
                      . $got[$_]->describe }
                grep { $got[$_]->status != 401
                       || ($got[$_]->header('WWW-Authenticate') // '')
                          ne 'Bearer' } 0 .. $#asked;

    is("@wrong", '', "$name: 401 on every route");
}

# HEAD is GET without a body; what the table does not have is 405, to those
# only who may come in

my %methods;
push @{ $methods{ $_->{path} } }, $_->{method} for @ruled;

for my $path (sort keys %methods) {
    my %has = map { $_ => 1 } @{ $methods{$path} };
    my $rule = { path => $path, method => 'GET' };

    $has{HEAD} = 1 if $has{GET};

    my @no = grep { !$has{$_} } qw(GET HEAD POST PATCH DELETE PUT OPTIONS
                                   PROPFIND COPY);
    my ($public) = grep { $_->{path} eq $path && $_->{role} eq 'public' }
                   @ruled;
    my @got = $crm->concurrently(
        (map { harmless($rule, $caller{admin}->token, $_) } @no),
        (map { harmless($rule, undef, $_) } $public ? () : @no));
    my @statuses = map { $_->status } @got;

    is("@statuses", join(' ', ('405') x @no, $public ? () : ('401') x @no),
       "$path: 405 for @no")
        || diag($no[0]);
}

for my $rule (grep { $_->{method} eq 'GET' } @ruled) {
    my %seen = map { $_ => 1 } map { $_->status } $crm->concurrently(
        map { harmless($rule, $caller{$_}->token, 'HEAD') } qw(salesperson));

    is(join(' ', keys %seen), expected($rule, 'salesperson'),
       "HEAD $rule->{path}");
}


# ---- the operator --------------------------------------------------------

my @table = CRM::Server::slurp('src/http/crm_operator_routes.c')
            =~ /\{ NGX_HTTP_(\w+), crm_string\("([^"]+)"\)/g;
my @missing;

while (my ($method, $path) = splice @table, 0, 2) {
    my $route = "$method $path";

    if ($OPERATOR_PUBLIC{$route}) {
        $crm->status_ok($crm->operator($method, $path, undef, token => undef),
                        200, "anybody: $route");
        next;
    }

    push @missing, $route if !$OPERATOR{$route};
    $path =~ s/\{slug\}/nobody-at-all/;
    $path =~ s/\{id\}/$MISSING/;

    my %tokens = (%bad, "an admin's" => $caller{admin}->token,
                  'a longer key' => $server->key . 'x',
                  'a shorter key' => substr($server->key, 0, -1));
    delete $tokens{"the operator's key"};

    my @got = $crm->concurrently(map { [ $method, "/operator/v1$path", {
        token => $tokens{$_}, $method =~ /^P/ ? (raw => '{') : () } ] }
        sort keys %tokens);

    is(join(' ', map { $_->status } @got), join(' ', ('401') x @got),
       "401: $route");

    like($crm->operator($method, $path, undef,
                        $method =~ /^P/ ? (raw => '{') : ())->status,
         qr/^(?:200|400|404)\z/, "the operator: $route");
}

is("@missing", '', 'every route of the operator has a rule in %OPERATOR');


$crm->check_clean;
done_testing;
