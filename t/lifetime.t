# Requests that end where nobody expects it: before the body's reader has
# returned, in a subrequest, between two looks into Redis, behind a cursor.

use utf8;
use CRM::Test;
use CRM::Util qw(raw_parts whole);

use Mojo::JSON qw(false true);
use Time::HiRes qw(sleep time);

my $server = CRM::Test->private(
    workers => 1,
    server  => "location = /mirrored { mirror /crm/v1/leads; }\n",
    http    => 'crm_cors_origin https://app.example;',
);
my $crm   = CRM::Test->tenant(server => $server);
my ($pid) = $server->workers;

my $host = 'Host: ' . $crm->slug . '.localhost';


# answered without a look into Redis, after the body came late

for my $bad ('Host: -.localhost', 'Host: none') {
    for my $connection ('keep-alive', 'close') {
        my $socket = $server->socket;

        $socket->syswrite("POST /crm/v1/leads HTTP/1.1\r\n$bad\r\n"
                          . "Connection: $connection\r\n"
                          . "Content-Type: application/json\r\n"
                          . "Content-Length: 2\r\n\r\n");
        sleep 0.2;
        $socket->syswrite('{}');

        my ($status) = raw_parts(whole($socket, 3));

        is($status, 404, "late body, $bad, $connection: 404");
    }
}

# the body of a subrequest is read in it, not in the main request

$server->raw("POST /mirrored HTTP/1.1\r\n$host\r\nConnection: close\r\n"
             . 'Authorization: Bearer ' . $crm->token . "\r\n"
             . "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n"
             . '{"name":"Mirror"}', 3);

is($crm->get('/me')->status, 200, 'a mirrored POST: served on');
is(($server->workers)[0], $pid, 'a mirrored POST: by the same worker');


# more tokens than find a place in the worker's memory at once, while the
# configuration changes: none is refused

{
    my @tokens;

    for (1 .. 3) {
        my $me = $crm->user->id;

        push @tokens, map {
            $crm->post("/users/$me/tokens", { name => "Token $_" })->json->{token}
        } 1 .. 70;
    }

    my %seen;

    for my $round (1 .. 3) {
        $crm->patch('/settings', { company_name => "Round $round" });

        $seen{ $_->status }++ for $crm->concurrently(
            map { [ 'GET', '/me', { token => $_ } ] } @tokens
        );
    }

    is_deeply(\%seen, { 200 => 630 }, 'many tokens, a new configuration')
        || diag(explain(\%seen));
}


# what was planned when the first page was read is overdue at the next one

{
    my $type = $crm->get('/activity-types')->json->{data}[0]{id};

    for my $n (1 .. 200) {
        my $lead = $crm->post('/leads', { name => "Lead $n" })->json->{id};

        $crm->post("/leads/$lead/activities",
                   { type_id => $type, due_date => '2099-01-01' });
    }

    my %query = (activity_state => 'planned', sort => 'next_activity',
                 limit => 1);
    my $soon  = int(time * 1000) + 3000;

    my ($keys) = $crm->redis('KEYS', '{}l:d:*');
    $keys = $crm->redis('KEYS', '{}l:d:*') unless ref $keys;

    my $moved = 0;

    for my $key (@$keys) {
        next if $server->redis('TYPE', $key) ne 'zset';

        for my $member (@{ $server->redis('ZRANGE', $key, 0, -1) }) {
            $server->redis('ZADD', $key, 'XX', $soon, $member);
            $moved++;
        }
    }

    cmp_ok($moved, '>=', 200, 'they are due in a moment');

    my $first = $crm->get('/leads', query => \%query);

    is($first->status, 200, 'the first page');
    ok($first->json->{next_cursor}, 'has a next one');

    sleep 4;

    my $begun = time;
    my $next  = $crm->get('/leads', query => {
        %query, cursor => $first->json->{next_cursor}
    });

    is($next->status, 200, 'the next page');
    cmp_ok(time - $begun, '<', 4, 'comes soon');
}


# an answer without Access-Control-Allow-Origin is not one for all origins

for my $origin (undef, 'https://other.example', 'https://app.example') {
    my $res = $crm->get('/me', headers => { Origin => $origin });

    like($res->header('Vary') // '', qr/Origin/,
         'Vary: Origin for ' . ($origin // 'none'));
}


# the largest ids there are

for my $path ((map { "/leads?$_=9223372036854775807" }
               qw(id contact_id user_id team_id stage_id tag_id),
               'contact_id=1,9223372036854775807&id'),
              map { "/activities?$_=9223372036854775807" }
              qw(id lead_id contact_id))
{
    my $res = $crm->get($path);

    is($res->status, 200, "$path");
    is_deeply($res->json->{data}, [], 'finds nothing') if $res->status == 200;
}

for my $path (map { "/$_/9223372036854775807" } qw(leads contacts)) {
    is($crm->delete($path)->status, 404, "DELETE $path");
}

# a batch ends with its tenant's right to write, or its caller's

for my $how (qw(suspended deactivated)) {
    my $tenant = CRM::Test->tenant(server => $server);
    my $caller = $tenant->user(role => 'manager');

    my ($batch, $change) = $crm->concurrently(
        [ 'POST', '/leads/batch', {
            host  => $tenant->slug . '.localhost',
            token => $caller->token,
            json  => { operations => [ map { {
                op => 'create', body => { name => "Lead $_" },
            } } 1 .. 1000 ] },
        } ],
        $how eq 'suspended'
        ? [ 'PATCH', '/operator/v1/tenants/' . $tenant->slug, {
              token => $server->key, json => { suspended => true } } ]
        : [ 'PATCH', '/users/' . $caller->id, {
              host  => $tenant->slug . '.localhost',
              token => $tenant->token, json => { active => false } } ],
    );

    is($change->status, 200, "$how beside a batch");

    # the change may also come before the batch is let in, or in another turn

    my %codes = map { ($_->{code} // 'none') => 1 }
                @{ $batch->json->{results} // [ $batch->json ] };

    is_deeply([ grep { $_ ne 'none' } keys %codes ],
              [ $how eq 'suspended' ? 'tenant_suspended' : 'unauthorized' ],
              'the rest of it is refused');
}

# what ends after its tenant is gone leaves nothing for one of the same name

my @new = map { { op => 'create', body => { name => "Lead $_" } } } 1 .. 1000;
my $refused = 0;
my %act = (action => 'priority', params => { priority => 1 });

for (['a batch', '/leads/batch', { operations => \@new }],
     ['a bulk change', '/leads/bulk', { %act, ids => [ 1 .. 1000 ] }],
     (['a job', '/leads/bulk', { %act, filter => { q => 'lead le' } }]) x 20)
{
    last if $refused;                   # as often as it takes

    my ($name, $path, $body) = @$_;
    my $tenant = CRM::Test->tenant(server => $server);

    if ($body->{filter}) {
        $tenant->post('/leads/batch', { operations => \@new }) for 1 .. 2;
    }

    my ($answer, $deletion) = $crm->concurrently(
        [ 'POST', $path, {
            host    => $tenant->slug . '.localhost',
            token   => $tenant->token,
            headers => { 'Idempotency-Key' => 'one' },
            json    => $body,
        } ],
        [ 'DELETE', '/operator/v1/tenants/' . $tenant->slug,
          { token => $server->key } ],
    );

    is($tenant->wait_job($deletion)->json->{state}, 'done',
       "deleted beside $name");
    is_deeply($tenant->redis('KEYS', '{}*'), [], 'nothing is left');

    $refused++ if $body->{filter} && $answer->status == 404;
}

cmp_ok($refused, '>', 0, 'no job is begun for a tenant that is deleted');

is(($server->workers)[0], $pid, 'all by one worker');

done_testing;
