package CRM::Response;

# One answer: status, header($name), body (bytes), json (decoded, characters).

use strict;
use warnings;

use Mojo::JSON qw(decode_json);


sub new {
    my ($class, $res) = @_;

    return bless { res => $res }, $class;
}


sub status {
    my ($self) = @_;

    return $self->{res}->code // 0;
}


sub body {
    my ($self) = @_;

    return $self->{res}->body;
}


sub header {
    my ($self, $name) = @_;

    return $self->{res}->headers->header($name);
}


# undef where the body is no JSON

sub json {
    my ($self) = @_;

    $self->{json} = eval { decode_json($self->body) }
        unless exists $self->{json};

    return $self->{json};
}


# the problem's stable word

sub code {
    my ($self) = @_;

    return ref $self->json eq 'HASH' ? $self->json->{code} : undef;
}


# for a failing test's output

sub describe {
    my ($self) = @_;

    return $self->status . ' ' . substr($self->body, 0, 2000);
}


1;
