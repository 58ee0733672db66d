package CRM::Client;

# A tenant as one of its users sees it: requests under /crm/v1 with this
# user's token, and the checks that every test file makes.
#
# Paths are relative to /crm/v1 unless they begin with it.  They and all JSON
# are Perl characters (use utf8).  Options of every request:
#
#   query   { name => value } added to the path, encoded
#   headers { name => value }
#   token   another token, or undef for none
#   raw     bytes instead of JSON
#   host    another Host header

use strict;
use warnings;

use CRM::Response;
use Mojo::JSON qw(encode_json);
use Mojo::Parameters;
use Mojo::UserAgent;
use Mojo::Util qw(encode url_escape);
use Test::More;
use Time::HiRes qw(sleep time);

my $emails = 0;


sub new {
    my ($class, %self) = @_;

    $self{ua} //= user_agent();

    return bless \%self, $class;
}


sub user_agent {
    my $ua = Mojo::UserAgent->new(
        max_redirects      => 0,
        connect_timeout    => 5,
        request_timeout    => 60,
        inactivity_timeout => 60,
        max_response_size  => 0,
    );

    $ua->transactor->name('nginx-crm tests');
    $ua->transactor->compressed(0);
    $ua->proxy->not(['127.0.0.1']);

    return $ua;
}


sub server { return $_[0]{server} }
sub slug   { return $_[0]{slug} }
sub token  { return $_[0]{token} }


# the caller's user object, as GET /me had it when first asked

sub me {
    my ($self) = @_;

    return $self->{me} //= $self->get('/me')->json;
}


sub id { return $_[0]->me->{id} }


# ---- requests ------------------------------------------------------------

sub get {
    my ($self, $path, %options) = @_;

    return $self->req('GET', $path, \%options);
}


sub head {
    my ($self, $path, %options) = @_;

    return $self->req('HEAD', $path, \%options);
}


sub delete {
    my ($self, $path, %options) = @_;

    return $self->req('DELETE', $path, \%options);
}


sub post {
    my ($self, $path, $json, %options) = @_;

    return $self->req('POST', $path, { %options, json => $json });
}


# POST /leads/bulk over ids or, if they are a hash, a filter

sub bulk {
    my ($self, $action, $ids, $params, %options) = @_;

    return $self->post('/leads/bulk', {
        action => $action,
        (ref $ids eq 'HASH' ? (filter => $ids) : (ids => $ids)),
        (defined $params ? (params => $params) : ()),
    }, %options);
}


sub patch {
    my ($self, $path, $json, %options) = @_;

    return $self->req('PATCH', $path, { %options, json => $json });
}


sub req {
    my ($self, $method, $path, $options) = @_;

    $options = { %{ $options // {} } };
    $options->{token} = $self->{token} unless exists $options->{token};

    $path = "/crm/v1$path" unless $path =~ m{^/crm/v1(?:[/?]|\z)};

    return $self->send($method, $path, $options);
}


# under /operator/v1, with the operator's key

sub operator {
    my ($self, $method, $path, $json, %options) = @_;

    $options{json} = $json if defined $json;
    $options{token} = $self->{server}->key unless exists $options{token};

    $path = "/operator/v1$path"
        unless $path =~ m{^/operator/v1(?:[/?]|\z)};

    return $self->send($method, $path, \%options);
}


# Any number of requests at once, each [method, path, options]; the answers in
# the same order.  For races.  A path may also be the operator's.

sub concurrently {
    my ($self, @requests) = @_;

    my @answers;
    my $left = @requests;

    for my $n (0 .. $#requests) {
        my ($method, $path, $options) = @{ $requests[$n] };

        $options = { token => $self->{token}, %{ $options // {} } };
        $path = "/crm/v1$path"
            unless $path =~ m{^/(?:crm|operator)/v1(?:[/?]|\z)};

        $self->{ua}->start($self->tx($method, $path, $options) => sub {
            my (undef, $tx) = @_;
            $answers[$n] = CRM::Response->new($tx->res);
            Mojo::IOLoop->stop if --$left == 0;
        });
    }

    Mojo::IOLoop->start if @requests;

    return @answers;
}


sub send {
    my ($self, $method, $path, $options) = @_;

    return CRM::Response->new(
        $self->{ua}->start($self->tx($method, $path, $options))->res
    );
}


sub tx {
    my ($self, $method, $path, $options) = @_;

    my %headers = (
        Host => $options->{host} // ($self->{slug} // 'none') . '.localhost',
    );

    $headers{Authorization} = "Bearer $options->{token}"
        if defined $options->{token};

    my @body;

    if (exists $options->{raw} || defined $options->{json}) {
        @body = ($options->{raw} // encode_json($options->{json}));
        $headers{'Content-Type'} = 'application/json';
    }

    %headers = (%headers, %{ $options->{headers} // {} });
    delete $headers{$_} for grep { !defined $headers{$_} } keys %headers;

    return $self->{ua}->build_tx(
        $method => $self->url($path, $options->{query}) => \%headers, @body
    );
}


sub url {
    my ($self, $path, $query) = @_;

    $path = url_escape(encode('UTF-8', $path), '\x80-\xff');

    if ($query && %$query) {
        $path .= ($path =~ /\?/ ? '&' : '?')
               . Mojo::Parameters->new(
                     map { $_ => $query->{$_} } sort keys %$query
                 )->to_string;
    }

    return 'http://127.0.0.1:' . $self->{server}->port . $path;
}


# ---- further users and clients -------------------------------------------

# The same tenant with another token.

sub as {
    my ($self, $token) = @_;

    return CRM::Client->new(%$self, token => $token, me => undef);
}


# A new user with a token, and a client that uses it.  Arguments are the
# fields of a user.

sub user {
    my ($self, %fields) = @_;

    my $n = ++$emails;

    my $res = $self->post('/users', {
        name  => "User $n",
        email => "user$n\@tests.example",
        role  => 'salesperson',
        %fields,
    });
    die 'user: ' . $res->describe . "\n" if $res->status != 201;

    my $user  = $res->json;
    my $token = $self->post("/users/$user->{id}/tokens", { name => 'tests' });
    die 'token: ' . $token->describe . "\n" if $token->status != 201;

    my $client = $self->as($token->json->{token});
    $client->{me} = $user;

    return $client;
}


# ---- checks --------------------------------------------------------------

# status, with the body shown when it differs

sub status_ok {
    my ($self, $res, $status, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is($res->status, $status, $name // "status $status")
        || diag($res->describe);
}


# A problem document: status, code, and (where given) exactly these
# [field, code] pairs, in any order.

sub problem_ok {
    my ($self, $res, $status, $code, $errors, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $json = ref $res->json eq 'HASH' ? $res->json : {};

    my $got = {
        http   => $res->status,
        type   => $res->header('Content-Type'),
        status => $json->{status},
        code   => $json->{code},
    };
    my $expected = {
        http   => $status,
        type   => 'application/problem+json',
        status => $status,
        code   => $code,
    };

    if ($errors) {
        $got->{errors} = pairs(map { [ $_->{field}, $_->{code} ] }
                               @{ $json->{errors} // [] });
        $expected->{errors} = pairs(@$errors);
    }

    return is_deeply($got, $expected, $name // "$status $code")
        || diag($res->describe);
}


sub pairs {
    return [ sort map { ($_->[0] // '(none)') . ": $_->[1]" } @_ ];
}


# A job until it has ended; the answer that began it, or a path.

sub wait_job {
    my ($self, $job, %options) = @_;

    my $path = ref $job ? $job->header('Location') : $job;
    my $end  = time + ($options{seconds} // 60);

    while (time < $end) {
        my $res = $path =~ m{^/operator/}
                  ? $self->operator('GET', $path)
                  : $self->get($path);

        return $res if $res->status != 200
                       || $res->json->{state} =~ /^(done|failed|cancelled)$/;
        sleep 0.02;
    }

    die "job $path: not within its time\n";
}


# Every index and counter is what the records say.

sub check_clean {
    my ($self, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $name //= 'indexes and counters agree with the records';

    my $res = $self->operator('POST', "/tenants/$self->{slug}/check", {});

    if ($res->status != 202) {
        fail($name);
        diag('check: ' . $res->describe);
        return 0;
    }

    my $job    = $self->wait_job($res);
    my $result = ref $job->json eq 'HASH' ? $job->json->{result} : undef;

    return is(ref $result eq 'HASH' ? $result->{faults} : undef, 0, $name)
        || diag($job->describe, map { "\n  $_" }
                @{ ref $result eq 'HASH' ? $result->{samples} // [] : [] });
}


# a Redis command for this tenant: {} in an argument becomes its prefix

sub redis {
    my ($self, @command) = @_;

    s/\{\}/crm:{$self->{slug}}:/ for @command;

    return $self->{server}->redis(@command);
}


1;
