# Records made in one tenant by two workers at once: none has to begin anew
# because the other was faster, and ids are unique whatever comes of them.
#
# Redis is held while both workers ask: what they read then is the same.

use utf8;
use CRM::Test;
use Mojo::JSON qw(decode_json encode_json);
use Time::HiRes qw(sleep);

my $server = CRM::Test->private(
    no_start => 1, workers => 2,
    location => 'add_header X-Worker $pid always;',
);

# the kernel spreads connections
$server->write('nginx.conf',
               $server->nginx_conf =~ s/(listen 127.*);/$1 reuseport;/r);
$server->start;

my $crm    = CRM::Test->tenant(server => $server);
my @worker = connections(4);


# ---- connections to each of the workers ----------------------------------

sub ask {
    my ($socket, $method, $path, $body, %headers) = @_;

    $body    = defined $body ? encode_json($body) : '';
    %headers = (
        'Host'           => $crm->slug . '.localhost',
        'Authorization'  => 'Bearer ' . $crm->token,
        'Content-Length' => length $body,
        'Content-Type'   => 'application/json',
        %headers,
    );

    $socket->syswrite("$method /crm/v1$path HTTP/1.1\r\n"
                      . join('', map { "$_: $headers{$_}\r\n" }
                                 sort keys %headers)
                      . "\r\n$body");

    return $socket;
}


# { status, headers, json }

sub answer {
    my ($socket) = @_;

    my $text = '';

    while ($text !~ /\r\n\r\n/
           || length($text) < $+[0] + ($text =~ /^Content-Length: (\d+)/mi
                                       ? $1 : 0))
    {
        local $SIG{ALRM} = sub { die "no answer: $text\n" };
        alarm 30;
        sysread $socket, $text, 65536, length $text or die "closed: $text\n";
        alarm 0;
    }

    my ($head, $body) = split /\r\n\r\n/, $text, 2;

    return {
        status  => $head =~ /^HTTP\S+ (\d+)/ && $1,
        headers => { map { /^([^:]+): (.*)/ ? (lc $1 => $2) : () }
                     split /\r\n/, $head },
        json    => length $body ? decode_json($body) : undef,
    };
}


sub one { return answer(ask(@_)) }


# so many for each of the two

sub connections {
    my ($n) = @_;

    my %all;

    for (1 .. 200) {
        my $socket = $server->socket;
        my $pid    = one($socket, 'GET', '/me')->{headers}{'x-worker'};

        push @{ $all{$pid} }, $socket;

        return map { [ @{$_}[0 .. $n - 1] ] } values %all
            if keys %all == 2 && !grep { @$_ < $n } values %all;
    }

    die "no connection to one of the workers\n";
}


sub retries {
    sleep 1.5;                          # they tell every second

    return $crm->operator('GET', '/metrics')->body
           =~ /^crm_retries_total (\d+)$/m && $1;
}


sub commits {
    return $server->redis('INFO', 'commandstats')
           =~ /^cmdstat_fcall:calls=(\d+)/m ? $1 : 0;
}


# both workers get their requests while Redis says nothing

sub at_once {
    my (@requests) = @_;

    my @sockets = map { my $n = $_; map { $_->[$n] } @worker }
                  0 .. $#{ $worker[0] };

    $server->pause_redis;
    ask($sockets[$_], @{ $requests[$_] }) for 0 .. $#requests;
    sleep 0.3;
    $server->resume_redis;

    return map { answer($sockets[$_]) } 0 .. $#requests;
}


# ---- one after another ---------------------------------------------------

my ($one, $two) = map { $_->[0] } @worker;
my $before = commits();

is_deeply([ map { one($one, 'POST', '/leads', { name => "L$_" })->{json}{id} }
            1 .. 5 ], [ 1 .. 5 ], 'a worker alone counts by itself');
is(commits() - $before, 5, 'which costs no more than the creations');

is_deeply([ map { one($_, 'POST', '/leads', { name => 'L' })->{json}{id} }
            $two, $one, $two, $one, $one ], [ 6 .. 10 ],
          'two of them have the ids in turns');

my $lost = one($one, 'POST', '/leads', { name => 'L', contact_id => 77 });

is($lost->{status}, 422, 'what comes to nothing');
is(one($two, 'POST', '/leads', { name => 'L' })->{json}{id}, 12,
   'may leave a hole');
is(one($two, 'GET', '/leads/11')->{status}, 404, 'in which nothing is');
is(one($one, 'DELETE', '/leads/12')->{status}, 204, 'the last one goes');
is(one($two, 'POST', '/leads', { name => 'L' })->{json}{id}, 13,
   'and its id is not given again');


# ---- at once -------------------------------------------------------------

my %activity = (type_id => 1, due_date => '2099-01-01');
my $retries;

for my $round (0 .. 4) {
    my @leads = at_once(map { [ 'POST', '/leads', { name => "R$round.$_" } ] }
                        1 .. 8);
    my @ids   = map { $_->{json}{id} } @leads;

    is(join(' ', map { $_->{status} } @leads), join(' ', (201) x 8),
       "eight leads at once, round $round");
    is(keys %{ { map { $_ => 1 } @ids } }, 8, 'with an id each');

    my @activities = at_once(map {
        [ 'POST', "/leads/$_/activities", \%activity ] } @ids);

    is(join(' ', map { $_->{status} } @activities), join(' ', (201) x 8),
       'an activity for each of them');
    is(keys %{ { map { $_->{json}{id} => 1 } @activities } }, 8,
       'with an id each');

    my @contacts = at_once(map { [ 'POST', '/contacts',
                                   { name => "C$round.$_" } ] } 1 .. 8);

    is(join(' ', map { $_->{status} } @contacts), join(' ', (201) x 8),
       'eight contacts at once');
    is(keys %{ { map { $_->{json}{id} => 1 } @contacts } }, 8,
       'with an id each');

    # the first time they meet
    $retries = retries() if $round == 0;
}

my %batch = (operations => [ map { { op => 'create', body => {
    name => "Batch $_" } } } 1 .. 50 ]);
my @batches = at_once(map { [ 'POST', '/leads/batch', \%batch ] } 1 .. 2);

is(join(' ', map { $_->{json}{succeeded} } @batches), '50 50',
   'two batches at once');
is(keys %{ { map { $_->{id} => 1 } map { @{ $_->{json}{results} } }
             @batches } }, 100, 'with an id for each record');

is(retries(), $retries, 'nobody had to begin anew');


# ---- one of two counts ---------------------------------------------------

my @same = at_once(([ 'POST', '/leads', { name => 'Same' },
                      'Idempotency-Key' => 'same' ]) x 2);

is(join(' ', map { $_->{status} } @same), '201 201', 'a copy of a request');
is($same[0]{json}{id}, $same[1]{json}{id}, 'makes the record once');
is((grep { ($_->{headers}{'idempotency-replayed'} // '') eq 'true' } @same),
   1, 'and says so');

$crm->check_clean;


# ---- a tenant that is gone -----------------------------------------------

at_once(map { [ 'POST', '/leads', { name => "Last $_" } ] } 1 .. 2);

my $slug = $crm->slug;

$crm->wait_job($crm->operator('DELETE', "/tenants/$slug"));

isnt(one($_, 'POST', '/leads', { name => 'Late' })->{status}, 201,
     'nothing is made in a tenant that is gone') for $one, $two;
is_deeply($server->redis('KEYS', "crm:{$slug}:*"), [], 'nothing is left of it');

done_testing;
